// Which tests try the faults of a room: its own first, then quick ones that cross rooms, then slower ones, which see only what is left.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const inFolder = (folder, isMeant = () => true) =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true })
        .filter((path) => path.endsWith('.test.ts') && isMeant(path))
        .toSorted((a, b) => (a < b ? -1 : 1))
        .map((path) => `${folder}/${path}`)
    : []
const named = (folder, ...names) => names.map((name) => `${folder}/${name}.test.ts`)

const DMA = [
  ...inFolder('tests/dma', (path) => !/dma-api-property|batch/.test(path)),
  ...inFolder('tests/rfc', (path) => path.startsWith('rfc-port')),
]
const SHARING = inFolder('tests/sharing', (path) => !/conformance|matrix/.test(path))
const RUNS = named('tests/runs', 'founding', 'steps', 'scenarios', 'rfc-defects')
const VECTORS = [...named('tests/dma', 'list-batch', 'arm-batch'), ...named('tests/house', 'golden')]
const LOGS = named('tests/log', 'judged', 'violations', 'real-logs', 'x86-replay')

const OF_MEMORY = [...DMA, ...SHARING, ...RUNS, ...VECTORS]
const OF_BUFFERS = [
  ...SHARING,
  ...named('tests/runs', 'founding', 'file-io', 'stops', 'line-pictures', 'steps', 'scenarios', 'pipelines', 'fork'),
  ...named('tests/sharing', 'sharing-matrix', 'v4l2-conformance'),
  ...named('tests/differential', 'v4l2-records'),
]
const OF_LOGS = [...LOGS, ...RUNS, ...named('tests/log', 'replay-of-runs', 'ftrace-of-runs')]

/** Tests of the engine's parts that others stand on lie in their rooms. */
const IO_TESTS = inFolder('packages/iommu/test')

const OTHERS = {
  memory: OF_MEMORY,
  'dma-api': OF_MEMORY,
  'arch-arm': OF_MEMORY,
  'arch-generic': OF_MEMORY,
  'arch-iommu': OF_MEMORY,
  iommu: OF_MEMORY,
  hot: [...IO_TESTS, ...named('tests/runs', 'reset', 'fork'), ...DMA, ...VECTORS],
  'dma-buf': OF_BUFFERS,
  videobuf2: OF_BUFFERS,
  'vb2-dma-contig': OF_BUFFERS,
  'vb2-dma-sg': OF_BUFFERS,
  'vb2-vmalloc': OF_BUFFERS,
  checker: OF_LOGS,
  trace: OF_LOGS,
  scenario: named(
    'tests/runs',
    'steps',
    'founding',
    'assumptions',
    'field',
    'odd-names',
    'pipelines',
    'boards',
    'scenarios',
  ),
  machine: [
    ...named('tests/runs', 'assumptions', 'shipped-boards', 'boards'),
    ...named('tests/field', 'cases'),
    ...named('tests/house', 'fidelity', 'drivers-page'),
  ],
}

export const builtTestsOf = (room) => [
  ...[...IO_TESTS, ...inFolder(`packages/${room}/test`)].toSorted(slowLast),
  ...DMA,
  ...VECTORS,
]

/** Those that read whole trees of real boards, or many damaged ones: asked last of a room's own. */
const isSlow = (path) => /corpus|damaged|malformed|shipped-boards|hot\/test\/memory|random/.test(path)
const slowLast = (a, b) => Number(isSlow(a)) - Number(isSlow(b))

/** In the order in which they are asked. */
export const testsOf = (room) => [
  ...inFolder(`packages/${room}/test`).toSorted(slowLast),
  ...(OTHERS[room] ?? inFolder('tests/runs')),
]

/** Rooms that need a whole laboratory have much of their tests where rooms meet; of machine, pages are made of its tables. */
const MEETING = {
  machine: named('tests/house', 'fidelity', 'drivers-page'),
  'dma-buf': named('tests/sharing', 'exporters-fail', 'paged-gem', 'device-memory', 'dma-buf-mmap'),
  'arch-iommu': named('tests/dma', 'iommu-coherent-ways', 'dma-iommu-bounce', 'two-step-iova'),
}

/** Those that also see what is computed while modules are loaded: the room's own, and what meets it soonest. */
export const ownOf = (room) => [...inFolder(`packages/${room}/test`), ...(MEETING[room] ?? [])]
