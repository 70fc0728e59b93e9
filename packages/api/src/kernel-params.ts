// How the kernel reads values of its command line: sizes, switches, and a parameter that is given several times.
import { InputError } from './input-error.ts'
import { PAGE_SIZE } from './units.ts'

/** K to E, each 1024 times the one before. */
const SUFFIXES = 'KMGTPE'

/**
 * A size at the start of `text`, bytes, and what follows it: `64M@0x4000_0000` is 64 MiB and `@...`. Undefined where no number is.
 * Models: Linux v6.12 lib/cmdline.c: memparse
 */
export const memparse = (text: string): { readonly value: number; readonly rest: string } | undefined => {
  const match = /^(0x[0-9a-f]+|\d+)([kmgtpe]?)/i.exec(text)
  if (match === null) return undefined
  const [all, digits = '', suffix = ''] = match
  const power = suffix === '' ? 0 : SUFFIXES.indexOf(suffix.toUpperCase()) + 1
  return { value: wholeNumber(digits) * 1024 ** power, rest: text.slice(all.length) }
}

/** Decimal, hexadecimal with 0x, octal with a leading 0. Models: Linux v6.12 lib/vsprintf.c: simple_strtoull (base 0) */
export const wholeNumber = (digits: string): number =>
  /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits)

/** Undefined for a text that is neither. Models: Linux v6.12 lib/kstrtox.c: kstrtobool */
export const kstrtobool = (text: string): boolean | undefined => {
  if (/^([yt1]|on)/i.test(text)) return true
  return /^([nf0]|of)/i.test(text) ? false : undefined
}

/** The values of a parameter that was given several times, in order: they are kept with a blank between them. */
export const valuesOf = (value: string): readonly string[] => value.split(' ')

/** A bank of RAM as the command line states it; without a base it begins where memory does. */
export interface StatedBank {
  readonly base?: number
  /** Bytes. */
  readonly len: number
}

/**
 * `mem=nn[KMG][@ss[KMG]]` of 32-bit ARM, once for each bank: the device tree's memory is forgotten. Whole pages, start rounded up.
 * @throws InputError for a text that is not a size, or of which no page is left
 * Models: Linux v6.12 arch/arm/kernel/setup.c: early_mem, arm_add_memory. Leaves out: memory below PHYS_OFFSET.
 */
export const memBanks = (value: string): readonly StatedBank[] =>
  valuesOf(value).map((text) => {
    const size = memparse(text)
    const at = size !== undefined && size.rest.startsWith('@') ? memparse(size.rest.slice(1)) : undefined
    if (size === undefined || (size.rest !== '' && (at === undefined || at.rest !== '')))
      throw new InputError(`mem=${text} is not understood`, { path: 'cmdline' }, MEM_HINT)
    const base = at === undefined ? undefined : Math.ceil(at.value / PAGE_SIZE) * PAGE_SIZE
    const end = (at?.value ?? 0) + size.value
    const len = Math.floor((end - (base ?? 0)) / PAGE_SIZE) * PAGE_SIZE
    if (len <= 0) throw new InputError(`mem=${text} leaves no page`, { path: 'cmdline' }, MEM_HINT)
    return base === undefined ? { len } : { base, len }
  })

const MEM_HINT = 'mem=nn[KMG][@ss[KMG]], such as mem=512M or mem=256M@0x60000000'

/** `cma=`: the default area of contiguous memory; size 0 means no area. Bytes. */
export interface StatedCma {
  readonly size: number
  /** With a base alone the area lies exactly there; with a limit (exclusive) somewhere between. */
  readonly base?: number
  readonly limit?: number
}

export const CMA_HINT =
  'N[KMG][@start[-end]]: size and place of the default CMA area, whatever the device tree says; 0: none'

/** `cma=`; of several the last counts. @throws InputError. Models: Linux v6.12 kernel/dma/contiguous.c: early_cma */
export const cmaArea = (value: string): StatedCma => {
  const text = valuesOf(value).at(-1) ?? ''
  const size = memparse(text)
  const start = size?.rest.startsWith('@') === true ? memparse(size.rest.slice(1)) : undefined
  const end = start?.rest.startsWith('-') === true ? memparse(start.rest.slice(1)) : undefined
  if (size === undefined || (end ?? start ?? size).rest !== '')
    throw new InputError(`cma=${text} is not understood`, { path: 'cmdline' }, CMA_HINT)
  if (start === undefined) return { size: size.value }
  return { size: size.value, base: start.value, limit: end?.value ?? start.value + size.value }
}

export const COHERENT_POOL_HINT = 'N[KMG]: size of each pool for coherent allocations that may not sleep'

/** `coherent_pool=`, bytes; of several the last counts. @throws InputError. Models: Linux v6.12 kernel/dma/pool.c: early_coherent_pool */
export const coherentPool = (value: string): number => {
  const text = valuesOf(value).at(-1) ?? ''
  const size = memparse(text)
  if (size !== undefined && size.rest === '') return size.value
  throw new InputError(`coherent_pool=${text} is not understood`, { path: 'cmdline' }, COHERENT_POOL_HINT)
}
