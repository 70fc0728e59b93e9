// Flags of `bench map`: what the kernel's tool asks for, and which kernel on which board.
import { FOUNDING_BOARD } from '@dmalab/lab'
import { Flags } from '@oclif/core'
import { RUN_FLAGS } from './run-flags.ts'

const upTo = (max: number) => ({ min: 1, max })

export const BENCH_FLAGS = {
  board: Flags.string({
    helpValue: 'BOARD',
    char: 'b',
    summary: 'Board by name, a board file, or a device tree',
    defaultHelp: async () => FOUNDING_BOARD,
  }),
  kernel: Flags.string({
    helpValue: 'KERNEL',
    char: 'k',
    summary: 'A kernel (repeat for each row); the usual one of the board without it',
    multiple: true,
    multipleNonGreedy: true,
  }),
  device: Flags.string({
    helpValue: 'DEVICE',
    summary: 'Device that maps; without it a converter, or the first device of the board',
  }),
  granule: Flags.integer({
    helpValue: 'PAGES',
    char: 'g',
    summary: 'Pages of each mapping',
    default: 1,
    ...upTo(1024),
  }),
  dir: Flags.option({ options: ['TO_DEVICE', 'FROM_DEVICE', 'BIDIRECTIONAL'] as const })({
    char: 'd',
    summary: 'Direction',
    default: 'BIDIRECTIONAL',
  }),
  count: Flags.integer({
    helpValue: 'COUNT',
    char: 'n',
    summary: 'Mappings to measure',
    default: 10_000,
    ...upTo(1e7),
  }),
  memory: RUN_FLAGS.memory,
  overlay: RUN_FLAGS.overlay,
  config: RUN_FLAGS.config,
  cmdline: RUN_FLAGS.cmdline,
  plugin: RUN_FLAGS.plugin,
} as const
