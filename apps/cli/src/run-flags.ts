// Flags that run and compare share, and what they mean.
import { InputError, type KernelOptions, type Severity } from '@dmalab/api'
import { DEFAULT_OPTIONS } from '@dmalab/runner'
import { Flags } from '@oclif/core'
import { PLUGIN_FLAG, REPEATED } from './base-command.ts'
import { memoryFlag } from './board/flags.ts'
import { OR_STANDARD_INPUT } from './files.ts'

export const RUN_FLAGS = {
  board: Flags.string({
    helpValue: 'BOARD',
    char: 'b',
    summary: `Board by name (dmalab board list), a board file, a device tree (.dtb), ${OR_STANDARD_INPUT}`,
  }),
  memory: memoryFlag,
  frames: Flags.integer({
    helpValue: 'COUNT',
    summary: 'Pictures to pass through the pipeline',
    default: DEFAULT_OPTIONS.frames,
  }),
  size: Flags.string({
    helpValue: 'WIDTHxHEIGHT',
    summary: 'Picture size in pixels, WIDTHxHEIGHT',
    default: `${DEFAULT_OPTIONS.width}x${DEFAULT_OPTIONS.height}`,
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

export type FailOnFlag = Severity | 'never'

/** "1920x1080" -> pixels. @throws InputError */
export const parseSize = (text: string): { width: number; height: number } => {
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(text)
  if (match === null) throw new InputError(`--size '${text}' is not WIDTHxHEIGHT, such as 1920x1080`)
  return { width: Number(match[1]), height: Number(match[2]) }
}

/** "element=device" pairs. @throws InputError */
export const parseBindings = (pairs: readonly string[]): Record<string, string> => {
  const bound: Record<string, string> = {}
  for (const pair of pairs) {
    const [element, device, more] = pair.split('=')
    if (element === undefined || element === '' || device === undefined || device === '' || more !== undefined)
      throw new InputError(`--bind '${pair}' is not element=device, such as v4l2video4dec=codec`)
    bound[element] = device
  }
  return bound
}

/** "mapPage@converter:2". @throws InputError */
export const parseInjections = (texts: readonly string[]): { what: string; device?: string; nth: number }[] =>
  texts.map((text) => {
    const match = /^([a-zA-Z]+)(?:@([^:]+))?:([1-9]\d*)$/.exec(text)
    if (match === null)
      throw new InputError(`--inject '${text}' is not operation[@device]:nth, such as mapPage@converter:2`)
    const [, what = '', device, nth] = match
    return { what, nth: Number(nth), ...(device === undefined ? {} : { device }) }
  })

/** CONFIG names and command line words; a word that stands there several times keeps all its values. @throws InputError */
export const parseKernelOptions = (config: readonly string[], cmdline: string | undefined): KernelOptions => ({
  config: Object.fromEntries(
    config.map((text) => {
      const [name = '', value] = text.replace(/^CONFIG_/, '').split('=', 2)
      if (!/^[A-Z0-9_]+$/.test(name))
        throw new InputError(`--config '${text}' is not NAME or NAME=value, such as ARM_LPAE`)
      return [name, configValue(value)]
    }),
  ),
  cmdline: commandLine((cmdline ?? '').split(/\s+/).filter((word) => word !== '')),
})

const commandLine = (words: readonly string[]): KernelOptions['cmdline'] => {
  const values: Record<string, string | true> = {}
  for (const word of words) {
    const [name = '', ...rest] = word.split('=')
    const before = values[name]
    if (rest.length === 0) values[name] = true
    else values[name] = typeof before === 'string' ? `${before} ${rest.join('=')}` : rest.join('=')
  }
  return values
}

const configValue = (text: string | undefined): boolean | number | string => {
  if (text === undefined || text === 'y') return true
  if (text === 'n') return false
  return /^\d+$/.test(text) ? Number(text) : text
}
