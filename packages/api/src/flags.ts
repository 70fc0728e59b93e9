// Directions and bit flags with the kernel's values. The one file of this package with bitwise operators.
import { COMMON_ATTRS } from './attrs.ts'

/** enum dma_data_direction. */
export const DIR = { BIDIRECTIONAL: 0, TO_DEVICE: 1, FROM_DEVICE: 2, NONE: 3 } as const
export type Direction = (typeof DIR)[keyof typeof DIR]
export const dirName = (dir: number): string =>
  Object.entries(DIR).find(([, value]) => value === dir)?.[0] ?? `0x${dir.toString(16)}`

export const has = (attrs: number, bit: number): boolean => (attrs & bit) !== 0

/**
 * Attribute bits as the kernel's trace events print them: names joined by `|`, left-over bits in hex, nothing for 0.
 * `extra` names bits beyond those that every release has known, as a release or a patch defines them.
 */
export const attrNames = (attrs: number, extra: Readonly<Record<string, number>> = {}): string => {
  const names: string[] = []
  let rest = attrs
  for (const [name, bit] of Object.entries({ ...COMMON_ATTRS, ...extra }))
    if ((rest & bit) !== 0) {
      names.push(name)
      rest &= ~bit
    }
  if (rest !== 0) names.push(`0x${(rest >>> 0).toString(16)}`)
  return names.join('|')
}
