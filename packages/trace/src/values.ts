// Values as the trace events print them: directions, attributes, addresses, arrays. Reader and writer share the names.
import { ATTR, DIR, TRACE_ATTRS } from '@dmalab/api'

/** Every label, and the other names that bit 11 had. */
const ATTR_BITS: ReadonlyMap<string, number> = new Map([
  ...Object.entries({ ...ATTR, ...TRACE_ATTRS }),
  ['CPU_CACHE_CLEAN', ATTR.DEBUGGING_IGNORE_CACHELINES],
])
const DIR_VALUES: ReadonlyMap<string, number> = new Map(Object.entries(DIR))

/** A direction by name, or the number an unknown one prints as. */
export const readDir = (text: string): number => DIR_VALUES.get(text) ?? Number(text)

/** `SKIP_CPU_SYNC|NO_WARN|0x8000` -> bits; nothing is 0; an unknown name is left out. */
export const readAttrs = (text: string): number => {
  if (text === '') return 0
  let bits = 0
  for (const name of text.split('|')) bits += ATTR_BITS.get(name) ?? (name.startsWith('0x') ? Number(name) : 0)
  return bits
}

/** `{0x1000,0x2000}` -> numbers; what is not an address becomes NaN. */
export const readArray = (text: string): readonly number[] =>
  text === '{}' || text === '' ? [] : text.slice(1, -1).split(',').map(element)

const element = (text: string): number => (text.length > 18 ? NaN : Number(text))

/** An array that the line may end in: the last element counts only if something follows it. */
export const readCutArray = (text: string): readonly number[] => {
  if (text.endsWith('}')) return readArray(text)
  const whole = text.slice(1, Math.max(1, text.lastIndexOf(',')))
  return whole === '' ? [] : whole.split(',').map(element)
}

/** Hex without 0x. */
export const readHex = (text: string): number => Number.parseInt(text, 16)

/** Little-endian elements of `width` bytes, from `00,f0,9e,45,...`. */
export const readByteArray = (text: string, width: number): readonly number[] => {
  const octets = text.split(/[, ]+/).filter((octet) => octet !== '')
  const values: number[] = []
  for (let at = 0; at + width <= octets.length; at += width)
    values.push(
      Number.parseInt(
        octets
          .slice(at, at + width)
          .reverse()
          .join(''),
        16,
      ),
    )
  return values
}
