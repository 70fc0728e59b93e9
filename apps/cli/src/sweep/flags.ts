// Flags of `dmalab sweep`: the axes, each as `dmalab run` calls it, and how the points are run.
import { availableParallelism } from 'node:os'
import { ASSUME_WORDS, SWEEP_AXES, SWEEP_SPEC_VERSION, type SweepAxis, type SweepSpec } from '@dmalab/api'
import { Flags } from '@oclif/core'
import { PLUGIN_FLAG, REPEATED } from '../base-command.ts'
import { memoryFlag } from '../board/flags.ts'
import { PAGE_FLAGS } from '../page.ts'
import { parseBindings } from '../run-flags.ts'

const axis = (helpValue: string, summary: string) =>
  Flags.string({ helpValue, summary, ...REPEATED, helpGroup: 'AXES' })

const AXIS_FLAGS = {
  board: axis('BOARD', 'A board by name, a board file, a device tree, or all'),
  size: axis('WIDTHxHEIGHT', 'A picture size'),
  format: axis('FORMAT', 'A pixel format'),
  frames: axis('COUNT', 'Pictures to pass through the pipeline'),
  buffers: axis('COUNT', 'Buffers asked of each queue'),
  seed: axis('NUMBER', 'A seed of every pattern'),
  restart: axis('PICTURE', 'Stop and start all queues before this picture'),
  'adversarial-cache': axis('true|false', 'Evict dirty cache lines and fetch others at any moment'),
  inject: axis('CALLS', 'Calls that fail, operation[@device]:nth; blanks between several of one point'),
  config: axis('OPTIONS', 'A kernel configuration, NAME=value; blanks between several options of one point'),
  cmdline: axis('TEXT', 'A kernel command line'),
  kernel: axis('KERNEL', 'arch@release+patch, or all: every kernel for the architecture of the board'),
} as const satisfies { readonly [Axis in Exclude<SweepAxis, 'work'>]: unknown }

export const SWEEP_FLAGS = {
  ...AXIS_FLAGS,
  memory: memoryFlag,
  bind: Flags.string({
    helpValue: 'ELEMENT=DEVICE',
    summary: 'Bind an element to a device, in every point that has it',
    ...REPEATED,
  }),
  assume: Flags.string({
    helpValue: 'KIND',
    summary: `Accept what nothing states: ${ASSUME_WORDS.join(', ')}`,
    options: [...ASSUME_WORDS],
    ...REPEATED,
  }),
  ...PLUGIN_FLAG,
  shard: Flags.string({ helpValue: 'I/N', summary: 'Run this part only: every N-th point, from the I-th on' }),
  journal: Flags.string({
    helpValue: 'FILE',
    summary: 'Keep each result as it comes; the same command with the same file goes on from there',
  }),
  join: Flags.string({
    helpValue: 'JOURNAL',
    summary: 'Take results from the journal of another part, or of another computer',
    ...REPEATED,
  }),
  workers: Flags.integer({
    helpValue: 'COUNT',
    summary: 'Threads that run points; 0: in the main thread, where a point that hangs hangs the sweep',
    min: 0,
    max: 256,
    default: Math.min(availableParallelism(), 16),
    defaultHelp: async () => 'one a processor',
  }),
  'point-time': Flags.integer({
    helpValue: 'SECONDS',
    summary: 'A point may take so long',
    min: 1,
    max: 86_400,
    default: 120,
  }),
  'point-memory': Flags.integer({
    helpValue: 'MIB',
    summary: 'A thread may hold so much',
    min: 64,
    max: 65_536,
    default: 2048,
  }),
  queue: Flags.string({
    helpValue: 'URL',
    summary: 'Let workers on a Redis server run the points: redis://:PASSWORD@HOST:6379 (dmalab worker)',
    exclusive: ['workers'],
  }),
  report: Flags.option({ options: ['text', 'csv', 'junit', 'sarif', 'markdown'] as const })({
    default: 'text',
    summary: 'What to print',
  }),
  ...PAGE_FLAGS,
  baseline: Flags.string({
    helpValue: 'FILE',
    summary: 'Show what is not as in an earlier --json; exit code 3 when a point is worse',
  }),
  why: Flags.string({ helpValue: 'ID', summary: 'Run this one point of the sweep, and show every step' }),
  'fail-on': Flags.option({ options: ['error', 'never'] as const })({
    summary: 'error: exit code 3 when a point does not work, or has a finding of severity error',
  }),
} as const

type Given = { readonly [Name in keyof typeof AXIS_FLAGS]: readonly string[] } & {
  readonly memory?: readonly string[] | undefined
  readonly bind: readonly string[]
  readonly assume: readonly string[]
  readonly plugin: readonly string[]
}

/** What flags and work say, over what the sweep file says: an axis that is given takes the place of the file's. */
export const specWith = (base: SweepSpec | undefined, work: readonly string[], flags: Given): SweepSpec => {
  const given = Object.fromEntries(
    SWEEP_AXES.flatMap((name) => {
      const values = name === 'work' ? work : flags[name]
      return values.length === 0 ? [] : [[name, values] as const]
    }),
  )
  const grids = base?.grids ?? [{}]
  return {
    sweep: SWEEP_SPEC_VERSION,
    name: base?.name ?? 'sweep',
    grids: grids.map((grid) => ({ ...grid, ...given })),
    exclude: base?.exclude ?? [],
    lines: base?.lines ?? {},
    memory: flags.memory ?? base?.memory ?? [],
    bind: { ...base?.bind, ...parseBindings(flags.bind) },
    assume: flags.assume.length > 0 ? ASSUME_WORDS.filter((word) => flags.assume.includes(word)) : (base?.assume ?? []),
    plugins: [...(base?.plugins ?? []), ...flags.plugin],
  }
}
