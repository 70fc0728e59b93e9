// What reads an input of a stranger: its seeds, and how an input is fed to it. An input is read, or refused as InputError.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '@dmalab/api'
import {
  archOfDtb,
  boardYaml,
  createChromeTrace,
  createKlogReader,
  createStats,
  describeBoard,
  describePipeline,
  dmaFacts,
  importBoard,
  lintDtb,
  lintMachine,
  planOf,
  readRunSpec,
  readSweepSpec,
} from '@dmalab/lab'
import { conform, conformRecords, parseRecords, parseSetups } from '@dmalab/lab/golden'
import { openLaboratory, openRegistry, run } from '@dmalab/lab/node'
import { readMachine, shippedBoard, shippedBoardNames, shippedBoardText, withOverlays } from '@dmalab/machine'
import { checkPlugin, parseKernel } from '@dmalab/runner'
import { createChecker } from '@dmalab/checker'
import { createReader } from '@dmalab/trace'
import { parseArgv } from '../../apps/cli/test/parse-argv.ts'
import { base, overlay } from './blobs.ts'

export interface Reader {
  readonly name: string
  readonly kind: 'bytes' | 'text' | 'json'
  readonly seeds: readonly Uint8Array[]
  /** @throws InputError for what it refuses */
  readonly read: (input: Uint8Array) => unknown
}

const ROOT = join(import.meta.dirname, '../..')
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (input: Uint8Array): string => new TextDecoder().decode(input)
const file = (path: string): Uint8Array => readFileSync(join(ROOT, path))
const filesIn = (folder: string, suffix: string): readonly Uint8Array[] =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith(suffix))
    .map((name) => file(join(folder, name)))
/** The first lines of long ones: what is small is tried often. */
const head = (input: Uint8Array, lines = 80): Uint8Array => bytes(textOf(input).split('\n').slice(0, lines).join('\n'))
/** A vector file with its first cases. */
const fewCases = (input: Uint8Array): Uint8Array => {
  const { meta, cases } = JSON.parse(textOf(input)) as { readonly meta: unknown; readonly cases: readonly unknown[] }
  return bytes(JSON.stringify({ meta, cases: cases.slice(0, 3) }))
}

const laboratory = await openLaboratory()
const registry = await openRegistry()

const DMESG = `[    0.000000] Linux version 6.12.1-arm64 (x@y) #1 SMP
[    0.000000] cma: Reserved 64 MiB at 0x00000000fc000000 on node -1
[    1.0] DMA-API: dev 0000:00:03.0: device driver frees DMA memory with different size [device address=0x00000000ffff0000] [map size=4096 bytes] [unmap size=8192 bytes]
[    2.0] e1000 0000:00:03.0: swiotlb buffer is full (sz: 4096 bytes), total 32768 (slots), used 32768 (slots)
[    3.0] arm-smmu-v3 9050000.smmuv3: event 0x10 received:
[    3.0] arm-smmu-v3 9050000.smmuv3: 	0x0000001000000010
[    4.0] Unable to handle kernel paging request at virtual address ffff800012345000
[    4.0] Call trace:
[    4.0]  dcache_inval_poc+0x28/0x58`

const SETUPS = {
  kernels: parseSetups(textOf(file('tests/differential/data/kernels.json')), 'kernels.json'),
  machines: parseSetups(textOf(file('tests/differential/data/machines.json')), 'machines.json'),
}

const SPEC = {
  version: 1,
  board: 'odroid-xu4-nopool',
  kernels: ['arm@4.11+pfn-valid'],
  config: ['LPAE'],
  cmdline: 'coherent_pool=1M',
  work: { line: 'videotestsrc num-buffers=2 ! v4l2convert ! kmssink' },
  options: {
    frames: 1,
    size: '64x32',
    format: 'NV12',
    buffers: 2,
    seed: 7,
    bind: { v4l2convert: 'g2d' },
    inject: ['mapSg@g2d:2'],
  },
}
const SWEEP = `sweep: 1
name: some
board: [odroid-xu4-nopool, imx8mp-evk]
kernel: [arm@4.11, all]
work: [short, founding, suggested]
lines: { short: v4l2src ! kmssink }
size: [64x32, 1920x1080]
exclude: [{ board: imx8mp-evk, kernel: '*' }]
`
const PLUGIN = {
  name: 'mine',
  patches: [
    {
      name: 'odd',
      title: 'odd',
      hunks: [],
      source: 'a diff',
      appliesTo: ['arm@4.11'],
      attrs: { ODD: 2048 },
      functions: { arm_dma_get_sgtable: 'fn' },
      sg: { skip: { map: { bits: 2048, sets: [] } }, cFields: { x: 'int' } },
    },
  ],
  drivers: [{ name: 'd', source: 'a file', classes: ['codec'], create: 'fn' }],
  checkerRules: [{ name: 'r', source: 'a file', codes: ['stale-read'], create: 'fn' }],
}
/** JSON with functions where it says `fn`. */
const revived = (value: unknown): unknown => {
  if (value === 'fn') return () => null
  if (Array.isArray(value)) return value.map(revived)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revived(inner)]))
}
const ARGVS = [
  [
    'run',
    'founding',
    '--kernel',
    'arm@4.11+pfn-valid',
    '--frames',
    '2',
    '--size',
    '64x32',
    '--config',
    'LPAE=y',
    '--cmdline',
    'mem=1G',
  ],
  ['run', 'v4l2src ! kmssink', '--board', 'imx8mp-evk', '--inject', 'mapSg:1', '--assume', 'mask'],
  ['compare', 'founding', '--kernel', 'arm@4.11', '--kernel', '6.12', '--seed', '7'],
  ['sweep', 'founding', '--size', '64x32', '--workers', '2', '--shard', '1/2'],
  ['bench', 'map', '--count', '3', '--granule', '2', '--dir', 'to'],
  ['trace', 'replay', 'x', '--device', 'a=b', '--kernel', 'auto'],
]

/** A run of what is small: what is large may take long. */
const tried = async (work: { readonly scenario: string; readonly file: string }): Promise<void> => {
  await run({ work, frames: 1, size: '64x32', buffers: 2 }, { laboratory })
}

const machineOf = (text: string): void => {
  const machine = readMachine(text, 'b.yaml')
  lintMachine(machine)
  describeBoard(machine)
}

export const READERS: readonly Reader[] = [
  {
    name: 'ftrace',
    kind: 'text',
    seeds: filesIn('packages/trace/test/data', '.txt').map((one) => head(one)),
    read(input) {
      const [checker, stats, chrome] = [createChecker(), createStats(), createChromeTrace(() => undefined)]
      const reader = createReader({
        onEvent(event) {
          for (const one of [checker, stats, chrome]) one.onEvent(event)
        },
      })
      for (let at = 0; at < input.length; at += 4096) reader.push(input.subarray(at, at + 4096))
      reader.end()
      checker.finish()
      chrome.finish()
    },
  },
  {
    name: 'klog',
    kind: 'text',
    seeds: [bytes(DMESG), head(file('docs/kernel-messages.md'), 200)],
    read(input) {
      const reader = createKlogReader()
      reader.push(input)
      reader.end()
    },
  },
  {
    name: 'dtb',
    kind: 'bytes',
    seeds: [base],
    read(input) {
      const by = { file: 'b.dtb', arch: archOfDtb(input, 'b.dtb') }
      dmaFacts(input, by)
      lintDtb(input, by)
      const board = importBoard(input, by)
      boardYaml(board)
      describeBoard(board.machine)
    },
  },
  {
    name: 'overlays',
    kind: 'bytes',
    seeds: [overlay],
    read: (input) => withOverlays(base, 'b.dtb', [{ file: 'o.dtbo', content: input }]),
  },
  {
    name: 'board',
    kind: 'text',
    seeds: [
      ...shippedBoardNames().map((name) => bytes(shippedBoardText(name))),
      ...filesIn('scenarios/boards', '.yaml'),
    ],
    read: (input) => machineOf(textOf(input)),
  },
  {
    name: 'scenario',
    kind: 'text',
    seeds: filesIn('scenarios', '.yaml').filter(
      (one) => /^kernel: arm@/m.test(textOf(one)) && !/^board: \S+\.yaml$/m.test(textOf(one)),
    ),
    read: (input) => tried({ scenario: textOf(input), file: 's.yaml' }),
  },
  {
    name: 'gst-line',
    kind: 'text',
    seeds: [
      'filesrc location=a.mp4 ! qtdemux ! h264parse ! v4l2h264dec capture-io-mode=dmabuf ! v4l2convert output-io-mode=dmabuf-import ! kmssink',
      'videotestsrc name=c num-buffers=3 ! video/x-raw,format=NV12,width=(int)[1,4096],framerate=30/1 ! tee name=t ! queue ! kmssink t. ! queue max-size-buffers=2 ! fakesink',
      'videotestsrc pattern=ball ! ( videoconvert ! v4l2convert ) ! fakesink',
    ].map(bytes),
    read: (input) => describePipeline(textOf(input), shippedBoard('odroid-xu4-nopool'), {}),
  },
  {
    name: 'run-spec',
    kind: 'json',
    seeds: [bytes(JSON.stringify(SPEC))],
    read: (input) => readRunSpec(textOf(input), 's.json'),
  },
  {
    name: 'sweep-spec',
    kind: 'text',
    seeds: [bytes(SWEEP)],
    async read(input) {
      let left = 20
      for await (const _point of planOf(laboratory, readSweepSpec(textOf(input), 's.yaml')).points())
        if (--left === 0) return
    },
  },
  {
    name: 'vectors',
    kind: 'json',
    seeds: filesIn('tests/golden', '.json').map(fewCases),
    read: (input) => conform(laboratory, textOf(input), 'v.json'),
  },
  {
    name: 'records',
    kind: 'text',
    seeds: filesIn('tests/differential/data', '.jsonl').map((one) => head(one, 4)),
    read: (input) => conformRecords(parseRecords(textOf(input), 'r.jsonl'), { parts: laboratory, setups: SETUPS }, {}),
  },
  {
    name: 'plug-in',
    kind: 'json',
    seeds: [bytes(JSON.stringify(PLUGIN))],
    read(input) {
      const own = registry.copy()
      const plugin = checkPlugin(revived(parsed(input)), { file: 'p.mjs' })
      own.add(plugin)
      for (const { name } of plugin.patches ?? []) parseKernel(`arm@4.11+${name}`, own)
    },
  },
  {
    name: 'argv',
    kind: 'json',
    seeds: ARGVS.map((words) => bytes(JSON.stringify(words))),
    read(input) {
      const words = parsed(input)
      return parseArgv(Array.isArray(words) ? words.map(String) : [])
    },
  },
]

const parsed = (input: Uint8Array): unknown => {
  try {
    return JSON.parse(textOf(input))
  } catch {
    throw new InputError('is not JSON')
  }
}
