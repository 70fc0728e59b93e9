// The rooms and who may import whom: every package.json against the table of the architecture.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { filesIn, importsOf, products, rooms } from './house.ts'

/** Plug-ins of the house: only the laboratory puts them together. */
const BUILT_IN = [
  'arch-arm',
  'arch-generic',
  'arch-iommu',
  'patches',
  'drivers',
  'vb2-dma-contig',
  'vb2-dma-sg',
  'vb2-vmalloc',
]

/** What lab stands on: everything but the test kit and the queue of sweeps. */
const LAB = [
  ...BUILT_IN,
  'hot',
  'iommu',
  'machine',
  'memory',
  'dma-api',
  'dma-buf',
  'videobuf2',
  'scenario',
  'checker',
  'trace',
  'klog',
  'golden',
  'runner',
  'explore',
  'sweep',
  'diagnose',
  'report',
]

/** Direct imports allowed for each room, whatever for; `api` is implied, `*` is everything. */
const TABLE: Readonly<Record<string, readonly string[]>> = {
  api: [],
  hot: [],
  iommu: ['hot'],
  machine: [],
  memory: ['hot', 'machine'],
  'dma-api': ['memory', 'iommu'],
  'arch-arm': [],
  'arch-generic': [],
  'arch-iommu': [],
  patches: [],
  'dma-buf': ['dma-api'],
  videobuf2: ['dma-buf'],
  'vb2-dma-contig': [],
  'vb2-dma-sg': [],
  'vb2-vmalloc': [],
  drivers: [],
  scenario: ['machine'],
  checker: [],
  trace: [],
  klog: [],
  golden: [],
  runner: ['scenario', 'machine', 'videobuf2', 'dma-buf', 'dma-api', 'memory', 'checker', 'trace'],
  explore: ['runner'],
  sweep: ['runner', 'scenario', 'hot'],
  'sweep-queue': ['sweep', 'scenario'],
  diagnose: ['runner', 'klog', 'trace', 'machine', 'scenario', 'checker'],
  report: [],
  lab: LAB,
  testkit: ['runner', 'golden', 'explore'],
  generate: [],
  explorer: ['lab', 'report'],
  dmalab: ['lab', 'sweep-queue', 'diagnose', 'generate', 'report', 'explorer'],
  tests: ['*'],
  bench: ['*'],
}
test('every room is in the table, and every row of it is a room', () => {
  const names = rooms.map(({ name }) => name)
  expect(names.filter((name) => TABLE[name] === undefined)).toEqual([])
  expect(Object.keys(TABLE).filter((row) => !names.includes(row))).toEqual([])
})

test.each(rooms.map((room) => [room.name, room] as const))(
  '%s imports only what the table allows',
  (name, { named }) => {
    const allowed = TABLE[name] ?? []
    expect(named.filter((room) => room !== 'api' && !allowed.includes(room) && !allowed.includes('*'))).toEqual([])
  },
)

test('plug-ins of the house are named by lab alone, and by what puts rooms on trial', () => {
  const naming = rooms.filter(({ named }) => named.some((room) => BUILT_IN.includes(room))).map(({ name }) => name)
  expect(naming.filter((name) => !['lab', 'tests', 'bench'].includes(name))).toEqual([])
})

/** Takes away every file that imports nothing that is left, again and again: what stays is on a cycle, or leads to one. */
const onCycles = (imports: Map<string, readonly string[]>): string[] => {
  const left = new Map(imports)
  for (;;) {
    const free = [...left].filter(([, paths]) => paths.every((path) => !left.has(path)))
    if (free.length === 0) return [...left.keys()].toSorted()
    for (const [file] of free) left.delete(file)
  }
}

test.each(products.map(({ name, folder }) => [name, folder]))(
  '%s has no import cycle, not even of types',
  (_name, folder) => {
    const files = filesIn(join(folder, 'src'))
    expect(onCycles(new Map(files.map((file) => [file.path, importsOf(file)])))).toEqual([])
  },
)

test('a cycle would be seen', () => {
  const imports = {
    'a.ts': ['b.ts', 'other/x.ts'],
    'b.ts': ['c/d.ts'],
    'c/d.ts': ['a.ts'],
    'free.ts': ['a.ts'],
    'leaf.ts': [],
  }
  expect(onCycles(new Map(Object.entries(imports)))).toEqual(['a.ts', 'b.ts', 'c/d.ts', 'free.ts'])
})
