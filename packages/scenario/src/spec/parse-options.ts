// Options that are texts, on the command line and in a RunSpec alike.
import { InputError, type KernelOptions, RUN_LIMITS } from '@dmalab/api'

/** "1920x1080" -> pixels. @throws InputError */
export const parseSize = (text: string): { readonly width: number; readonly height: number } => {
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(text)
  if (match === null) throw new InputError(`size '${text}' is not WIDTHxHEIGHT, such as 1920x1080`)
  const [width, height] = [Number(match[1]), Number(match[2])]
  for (const [name, value] of [
    ['width', width],
    ['height', height],
  ] as const) {
    const [low, high] = RUN_LIMITS[name]
    if (value < low || value > high)
      throw new InputError(`${name} is ${value}; it must be a whole number from ${low} to ${high}`)
  }
  return { width, height }
}

/** "mapPage@converter:2". @throws InputError */
export const parseInjections = (texts: readonly string[]): { what: string; device?: string; nth: number }[] =>
  texts.map((text) => {
    const match = /^([a-zA-Z]+)(?:@(.+))?:([1-9]\d*)$/.exec(text)
    if (match === null)
      throw new InputError(`--inject '${text}' is not operation[@device]:nth, such as mapPage@converter:2`)
    const [, what = '', device, nth] = match
    return { what, nth: Number(nth), ...(device === undefined ? {} : { device }) }
  })

/** CONFIG names and command line words; a word that stands there several times keeps all its values. @throws InputError */
export const parseKernelOptions = (config: readonly string[], cmdline: string): KernelOptions => ({
  config: Object.fromEntries(
    config.map((text) => {
      const [name = '', value] = text.replace(/^CONFIG_/, '').split('=', 2)
      if (!/^[A-Z0-9_]+$/.test(name))
        throw new InputError(`--config '${text}' is not NAME or NAME=value, such as ARM_LPAE`)
      return [name, configValue(value)]
    }),
  ),
  cmdline: commandLine(cmdline.split(/\s+/).filter((word) => word !== '')),
})

const commandLine = (words: readonly string[]): KernelOptions['cmdline'] => {
  const values = new Map<string, string | true>()
  for (const word of words) {
    const [name = '', ...rest] = word.split('=')
    const before = values.get(name)
    const value = rest.join('=')
    values.set(name, rest.length === 0 ? true : typeof before === 'string' ? `${before} ${value}` : value)
  }
  return Object.fromEntries(values)
}

const configValue = (text: string | undefined): boolean | number | string => {
  if (text === undefined || text === 'y') return true
  if (text === 'n') return false
  return /^\d+$/.test(text) ? Number(text) : text
}
