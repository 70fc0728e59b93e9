// A kernel out of a base and patches: `arm@4.11+pfn-valid+nopage-rfc`, in that order.
import {
  type BuildFacts,
  InputError,
  type KernelDef,
  type KernelFacts,
  type KernelOptions,
  type KernelSpec,
  likeliest,
  orMeant,
  type Patch,
} from '@dmalab/api'
import { scatterlistSize } from '@dmalab/dma-api'
import { nearestKernels } from './nearest-kernels.ts'
import type { Registry } from './registry.ts'

const NO_OPTIONS: KernelOptions = { config: {}, cmdline: {} }

/**
 * Stacks patches on a base, first patch innermost.
 * @throws InputError for a patch that does not apply, is there twice or conflicts with another
 */
export const composeKernel = (base: KernelDef, ...patches: readonly Patch[]): KernelSpec => {
  const seen = new Set<string>()
  for (const patch of patches) {
    if (seen.has(patch.name)) throw new InputError(`patch '${patch.name}' is stacked twice`)
    if (!appliesTo(patch, base))
      throw new InputError(
        `patch '${patch.name}' does not apply to ${base.name}; it applies to ${patch.appliesTo?.join(', ')}`,
      )
    for (const [other, why] of Object.entries(patch.conflicts ?? {}))
      if (patches.some((one) => one.name === other))
        throw new InputError(`patches '${patch.name}' and '${other}' conflict: ${why}`)
    seen.add(patch.name)
  }
  checkAttributeBits(base, patches)
  const name = [base.name, ...patches.map((patch) => patch.name)].join('+')
  return { name, base, patches, options: NO_OPTIONS }
}

/** A patch names kernels (`arm@4.11`), what stands before their release (`arm`), or an Arch. */
export const appliesTo = (patch: Patch, base: KernelDef): boolean => {
  const [family = ''] = base.name.split('@')
  return patch.appliesTo === undefined || [base.name, family, base.arch].some((name) => patch.appliesTo?.includes(name))
}

/** A bit with two meanings cannot be right in both: neither of two patches, nor of a patch and the release it is stacked on. */
const checkAttributeBits = (base: KernelDef, patches: readonly Patch[]): void => {
  const { attrs, release } = base.facts({ config: defaults(base), cmdline: {} })
  const owners = Object.entries(attrs).map(([attr, bit]) => ({ bit, owner: `${attr} of Linux ${release}` }))
  for (const patch of patches)
    for (const [attr, bit] of Object.entries(patch.attrs ?? {})) {
      const taken = owners.find((one) => one.bit === bit)
      if (taken !== undefined && patch.ports === undefined)
        throw new InputError(
          `attribute bit 0x${bit.toString(16)} has two meanings: ${taken.owner}, and ${attr} of patch '${patch.name}'`,
        )
      owners.push({ bit, owner: `${attr} of patch '${patch.name}'` })
    }
}

/** Bits of patches that the release has given another meaning: one sentence each. */
export const bitsTaken = ({ base, patches }: KernelSpec): readonly string[] => {
  const { attrs, release } = base.facts({ config: defaults(base), cmdline: {} })
  return patches.flatMap((patch) =>
    Object.entries(patch.attrs ?? {}).flatMap(([name, bit]) =>
      Object.entries(attrs).flatMap(([theirs, value]) =>
        value === bit
          ? [`bit ${Math.log2(bit)}, DMA_ATTR_${name} of ${patch.name}, is DMA_ATTR_${theirs} in Linux ${release}`]
          : [],
      ),
    ),
  )
}

/**
 * The same kernel with a configuration and a command line.
 * @throws InputError for an option the kernel does not know, a value it cannot have, one that would change nothing, and a
 * configuration that a patch does not build with
 */
export const withOptions = (kernel: KernelSpec, options: KernelOptions): KernelSpec => {
  const { base } = kernel
  for (const [name, value] of Object.entries(options.config)) {
    const option = Object.hasOwn(base.config, name) ? base.config[name] : undefined
    if (option === undefined) throw unknownOption('config option', name, kernel, Object.keys(base.config))
    checkValue(name, value, option)
  }
  for (const name of Object.keys(options.cmdline))
    if (!Object.hasOwn(base.cmdline, name))
      throw unknownOption('command line parameter', name, kernel, Object.keys(base.cmdline))
  const [idle] = Object.entries(base.idle({ ...options, config: { ...defaults(base), ...options.config } }))
  if (idle !== undefined) throw new InputError(`'${idle[0]}' changes nothing on ${base.name}`, {}, idle[1])
  checkBuild(kernel.patches, options)
  return { ...kernel, options }
}

const checkBuild = (patches: readonly Patch[], { config }: KernelOptions): void => {
  for (const patch of patches)
    for (const [symbol, why] of Object.entries(patch.requires ?? {}))
      if (config[symbol] === false)
        throw new InputError(`patch '${patch.name}' does not build without CONFIG_${symbol}: ${why}`)
}

const unknownOption = (kind: string, name: string, kernel: KernelSpec, known: readonly string[]): InputError => {
  const { base } = kernel
  const others = known.length === 0 ? `${base.name} has none that change a run` : `known: ${known.join(', ')}`
  const why = base.lacks !== undefined && Object.hasOwn(base.lacks, name) ? base.lacks[name] : undefined
  return new InputError(
    why === undefined
      ? `${kind} '${name}' is unknown for ${base.name}${orMeant(name, known)}`
      : `${base.name} has no '${name}': ${why}`,
    {},
    others,
  )
}

/** @throws InputError for a value of another kind than the option's, or outside of its range */
const checkValue = (
  name: string,
  value: boolean | number | string,
  { default: usual, range }: KernelDef['config'][string],
): void => {
  if (typeof value !== typeof usual) {
    const takes = { boolean: 'y or n', number: 'a number', string: 'a text' }[String(typeof usual)]
    throw new InputError(`CONFIG_${name} takes ${takes}, not '${String(value)}'`)
  }
  if (typeof value === 'number' && range !== undefined && (value < range[0] || value > range[1]))
    throw new InputError(`CONFIG_${name} is ${value}; Kconfig takes ${range[0]} to ${range[1]}`)
}

const HOW_NAMED = 'a kernel is arch@release, then +patch for each patch'

/** Reads `arch@release+patch+patch`. @throws InputError for a kernel or patch that is not there */
export const parseKernel = (text: string, registry: Registry): KernelSpec => {
  const [base = '', ...patches] = text.split('+')
  if (!registry.kernels.has(base))
    throw new InputError(
      `there is no kernel '${base}'; known: ${registry.kernels.names().join(', ')}`,
      {},
      nearestKernels(base, registry.kernels.names()) ?? HOW_NAMED,
    )
  for (const patch of patches)
    if (patch === '') throw new InputError(`'${text}' names no patch behind its +`, {}, HOW_NAMED)
    else if (!registry.patches.has(patch)) {
      const fitting = registry.patches.values().filter((one) => appliesTo(one, registry.kernels.get(base)))
      const names = fitting.map(({ name }) => name)
      throw new InputError(
        `there is no patch '${patch}'; for ${base} there are: ${names.join(', ')}`,
        {},
        likeliest(patch, names) ?? ofAnother(patch, registry),
      )
    }
  const def = registry.kernels.get(base)
  return composeKernel(def, ...patches.map((patch) => fitted(registry, def, registry.patches.get(patch))))
}

/** A patch that was meant, and that other kernels take. */
const ofAnother = (patch: string, registry: Registry): string | undefined => {
  const near = likeliest(patch, registry.patches.names())
  return near === undefined ? undefined : `${near} That is a patch for another kernel (dmalab kernel list)`
}

/** The patch, or the one that carries it to this kernel. */
const fitted = (registry: Registry, base: KernelDef, patch: Patch): Patch =>
  appliesTo(patch, base)
    ? patch
    : (registry.patches.values().find((one) => one.ports === patch.name && appliesTo(one, base)) ?? patch)

/** Facts of the composed kernel: the base's, with options and patches applied, and its architecture. @throws InputError for an unknown Arch */
export const kernelFacts = (kernel: KernelSpec, { arches }: Pick<Registry, 'arches'>): KernelFacts => {
  const options: KernelOptions = {
    config: { ...defaults(kernel.base), ...kernel.options.config },
    cmdline: kernel.options.cmdline,
  }
  const base = kernel.base.facts(options)
  const fields = kernel.patches.flatMap((patch) => Object.values(patch.sg?.cFields ?? {}))
  const built = kernel.patches.reduce<BuildFacts>((all, patch) => ({ ...all, ...patch.facts }), base)
  const facts = { ...built, arch: arches.get(kernel.base.arch) }
  return {
    ...facts,
    attrs: kernel.patches.reduce((all, patch) => ({ ...all, ...patch.attrs }), facts.attrs),
    sgEntrySize: fields.length === 0 ? facts.sgEntrySize : grownEntry(facts, fields),
  }
}

const defaults = ({ config }: KernelDef): Record<string, boolean | number | string> =>
  Object.fromEntries(Object.entries(config).map(([name, option]) => [name, option.default]))

/** sizeof(struct scatterlist) with the members that patches add. */
const grownEntry = (
  facts: KernelFacts,
  fields: readonly { readonly bytes32: number; readonly bytes64: number }[],
): number => {
  const word = facts.arch.pointerBits === 32 ? 4 : 8
  const extra = fields.map(({ bytes32, bytes64 }) => (word === 4 ? bytes32 : bytes64))
  return scatterlistSize({
    word,
    magic: facts.sgMagic,
    dmaAddr: facts.dmaAddrSize,
    dmaLength: facts.sgDmaLength,
    dmaFlags: false,
    extra,
  })
}
