// Bit flags and enumerations with the kernel's values.

/** enum dma_data_direction. */
export const DIR = { BIDIRECTIONAL: 0, TO_DEVICE: 1, FROM_DEVICE: 2, NONE: 3 } as const
export type Direction = (typeof DIR)[keyof typeof DIR]
export const dirName = (dir: number): string =>
  Object.entries(DIR).find(([, value]) => value === dir)?.[0] ?? `0x${dir.toString(16)}`

/** DMA_ATTR_* bits common to every release since v4.8. Bits that a release or a patch adds are kernel facts (KernelFacts.attrs). */
export const ATTR = {
  WRITE_BARRIER: 1, // until v5.2
  WEAK_ORDERING: 2,
  WRITE_COMBINE: 4,
  NON_CONSISTENT: 8, // until v5.9
  NO_KERNEL_MAPPING: 16,
  SKIP_CPU_SYNC: 32,
  FORCE_CONTIGUOUS: 64,
  ALLOC_SINGLE_PAGES: 128,
  NO_WARN: 256,
  PRIVILEGED: 512,
} as const

/** DMA_ATTR_* bits that later releases added: MMIO with v6.18, the others with v7.0 and after. Earlier, patches may use these bits. */
export const LATER_ATTR = {
  MMIO: 2 ** 10,
  DEBUGGING_IGNORE_CACHELINES: 2 ** 11,
  REQUIRE_COHERENT: 2 ** 12,
  CC_SHARED: 2 ** 13,
  ALLOC_CC_SHARED: 2 ** 14,
} as const

export const has = (attrs: number, bit: number): boolean => (attrs & bit) !== 0

/**
 * Attribute bits as the kernel's trace events print them: names joined by `|`, left-over bits in hex, nothing for 0.
 * `extra` names bits that a release or a patch defines.
 */
export const attrNames = (attrs: number, extra: Readonly<Record<string, number>> = {}): string => {
  const names: string[] = []
  let rest = attrs
  for (const [name, bit] of Object.entries({ ...ATTR, ...extra }))
    if ((rest & bit) !== 0) {
      names.push(name)
      rest &= ~bit
    }
  if (rest !== 0) names.push(`0x${(rest >>> 0).toString(16)}`)
  return names.join('|')
}
