// Flags that run and compare share, and what they mean.
import { ASSUME_WORDS, InputError, type Severity } from '@dmalab/api'
import { DEFAULT_OPTIONS } from '@dmalab/lab'
import { Flags } from '@oclif/core'
import { PLUGIN_FLAG, REPEATED } from './base-command.ts'
import { memoryFlag, overlayFlag } from './board/flags.ts'
import { OR_STANDARD_INPUT } from './files.ts'

export const RUN_FLAGS = {
  board: Flags.string({
    helpValue: 'BOARD',
    char: 'b',
    summary: `Board by name (dmalab board list), a board file, a device tree (.dtb), ${OR_STANDARD_INPUT}`,
  }),
  bundle: Flags.string({
    helpValue: 'FILE',
    summary:
      'Board, kernel, configuration and command line from an archive of the recording script; its pipeline, too, where SCENARIO is left out',
    exclusive: ['board'],
  }),
  memory: memoryFlag,
  overlay: overlayFlag,
  frames: Flags.integer({
    helpValue: 'COUNT',
    summary: `Pictures to pass through the pipeline; without it num-buffers of the line, else ${DEFAULT_OPTIONS.frames}`,
  }),
  size: Flags.string({
    helpValue: 'WIDTHxHEIGHT',
    summary: `Picture size in pixels, WIDTHxHEIGHT; without it what the line says, else ${DEFAULT_OPTIONS.width}x${DEFAULT_OPTIONS.height}`,
  }),
  format: Flags.string({
    helpValue: 'FORMAT',
    summary: 'Pixel format by the name of GStreamer or V4L2, such as YUY2; without it what the line says, else NV12',
  }),
  buffers: Flags.integer({
    helpValue: 'COUNT',
    summary: 'Buffers asked of each queue',
    default: DEFAULT_OPTIONS.buffers,
  }),
  seed: Flags.integer({
    helpValue: 'NUMBER',
    summary: 'Seed of every pattern, 0 to 4294967295',
    default: DEFAULT_OPTIONS.seed,
  }),
  restart: Flags.integer({ helpValue: 'PICTURE', summary: 'Stop and start all queues before this picture', min: 1 }),
  'adversarial-cache': Flags.boolean({
    summary: 'Evict dirty cache lines and fetch others at any moment, chosen by the seed',
    default: false,
  }),
  bind: Flags.string({
    helpValue: 'ELEMENT=DEVICE',
    summary: 'Bind an element to a device of the board: element=device',
    ...REPEATED,
  }),
  inject: Flags.string({
    helpValue: 'OPERATION[@DEVICE]:NTH',
    summary: 'Let the nth call of a DMA operation fail: operation[@device]:nth, such as mapPage@converter:2',
    ...REPEATED,
  }),
  assume: Flags.string({
    helpValue: 'KIND',
    summary: `Accept what nothing states: ${ASSUME_WORDS.join(', ')}; without it a verdict that rests on it is unknown`,
    options: [...ASSUME_WORDS],
    ...REPEATED,
  }),
  'fail-on': Flags.string({
    summary: 'Exit with 3 when a finding reaches this severity, or the run does not work; never: always exit 0',
    options: ['info', 'warning', 'error', 'never'],
  }),
  ...PLUGIN_FLAG,
  config: Flags.string({
    helpValue: 'NAME[=VALUE]',
    summary: 'Kernel configuration: NAME or NAME=value (dmalab kernel show lists them)',
    ...REPEATED,
  }),
  cmdline: Flags.string({ helpValue: 'TEXT', summary: 'Kernel command line, such as "swiotlb=force iommu.strict=0"' }),
} as const

export const PERMALINK_FLAG = {
  permalink: Flags.boolean({
    summary: "Print the run as the fragment of the explorer's address, and do not run it",
    default: false,
  }),
} as const

export type FailOnFlag = Severity | 'never'

/** "element=device" pairs. @throws InputError */
export const parseBindings = (pairs: readonly string[]): Record<string, string> => {
  const bound: Record<string, string> = {}
  for (const pair of pairs) {
    const [element, device, more] = pair.split('=')
    if (element === undefined || element === '' || device === undefined || device === '' || more !== undefined)
      throw new InputError(`--bind '${pair}' is not element=device, such as v4l2video4dec=codec`)
    if (element === '__proto__') throw new InputError(`--bind '${pair}': no element has that name`)
    bound[element] = device
  }
  return bound
}
