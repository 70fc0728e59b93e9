// Which kernel and which machine the names in a record mean: kernels.json and machines.json.
import { type Cpu, InputError, type KernelSpec, ownValue } from '@dmalab/api'
import { parseKernel, withOptions } from '../compose-kernel.ts'
import type { Registry } from '../registry.ts'
import { isObject } from './records.ts'

/** The two documents, parsed. */
export interface Setups {
  readonly kernels: Readonly<Record<string, unknown>>
  readonly machines: Readonly<Record<string, unknown>>
}

/** What a name in kernels.json means. */
export interface KernelSetup {
  readonly kernel: string
  readonly config: Readonly<Record<string, boolean | number | string>>
  /** Features of the processor, for architectures where records differ in them. */
  readonly cpu: Readonly<Record<string, unknown>>
}

/** RISC-V's instructions for cache maintenance, and its memory types in page tables. */
const ZICBOM = 'zicbom'
const SVPBMT = 'svpbmt'

/** What a board says of them: the emulator's check addresses. Records name the memory types only where the processor has them. */
export const cpuOf = ({ cpu }: KernelSetup): Pick<Cpu, 'cacheOps' | 'svpbmt'> => {
  const zicbom = cpu[ZICBOM]
  if (zicbom === undefined) return {}
  return { cacheOps: zicbom === true ? 'checked' : 'none', svpbmt: cpu[SVPBMT] === true }
}

/** A document of names. @throws InputError when it is not one */
export const parseSetups = (text: string, file: string): Readonly<Record<string, unknown>> => {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (e) {
    throw new InputError(`is not JSON: ${e instanceof Error ? e.message : String(e)}`, { file })
  }
  if (!isObject(document)) throw new InputError('expected an object of names', { file })
  return document
}

/** @throws InputError for a name that kernels.json lacks or explains badly */
export const kernelSetup = ({ kernels }: Setups, name: string): KernelSetup => {
  const setup = ownValue(kernels, name)
  const place = { file: 'kernels.json', path: name }
  if (!isObject(setup)) throw new InputError('there is no such kernel', place)
  const { kernel, config = {}, cpu = {} } = setup
  if (typeof kernel !== 'string') throw new InputError('expected a kernel, such as arm64@6.12', place)
  if (!isObject(config)) throw new InputError('config: expected an object of options', place)
  if (!isObject(cpu)) throw new InputError('cpu: expected an object of features', place)
  return { kernel, config: optionsOf(config, place.path), cpu }
}

/**
 * The kernel of a record, or why this build cannot run it: its architecture or release is not modelled, or it was built with an option
 * that the modelled kernel does not have. Options in `elsewhere` are not the kernel definition's: the interpreter sees to them.
 * @throws InputError for a value that an option cannot have
 */
export const modelledKernel = (
  { kernel: name, config, cpu }: KernelSetup,
  cmdline: string,
  registry: Registry,
  elsewhere: readonly string[],
): KernelSpec | { readonly notModelled: string } => {
  const [base = ''] = name.split('+')
  if (!registry.kernels.has(base)) return { notModelled: `kernel ${base} is not modelled` }
  const features = Object.keys(cpu).filter((feature) => feature !== ZICBOM && feature !== SVPBMT)
  if (features.length > 0)
    return { notModelled: `processor features (${features.join(', ')}) of ${base} are not modelled` }
  const spec = parseKernel(name, registry)
  // What a release does not have yet is off there.
  const lacks = (option: string): boolean => Object.hasOwn(spec.base.lacks ?? {}, option)
  const own = Object.entries(config).filter(
    ([option, value]) => !elsewhere.includes(option) && !(value === false && lacks(option)),
  )
  const unknown = own.filter(([option]) => !Object.hasOwn(spec.base.config, option)).map(([option]) => option)
  if (unknown.length > 0) return { notModelled: `${base} is modelled without CONFIG_${unknown.join(', CONFIG_')}` }
  return withOptions(spec, { config: Object.fromEntries(own), cmdline: parametersOf(cmdline) })
}

/** A kernel command line as names and values; a name alone is on. */
const parametersOf = (cmdline: string): Record<string, string | true> =>
  Object.fromEntries(
    cmdline
      .split(' ')
      .filter((word) => word !== '')
      .map((word) => {
        const at = word.indexOf('=')
        return at < 0 ? [word, true] : [word.slice(0, at), word.slice(at + 1)]
      }),
  )

const optionsOf = (config: Readonly<Record<string, unknown>>, path: string): KernelSetup['config'] => {
  const options = new Map<string, boolean | number | string>()
  for (const [name, value] of Object.entries(config)) {
    if (typeof value !== 'boolean' && typeof value !== 'number' && typeof value !== 'string')
      throw new InputError('expected a number, a text, true or false', {
        file: 'kernels.json',
        path: `${path}.config.${name}`,
      })
    options.set(name, value)
  }
  return Object.fromEntries(options)
}
