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
  text === '{}' || text === '' ? [] : elements(text, text.length - 1)

/** The elements that stand between the brace and `end`. */
const elements = (text: string, end: number): readonly number[] => {
  const numbers: number[] = []
  for (let from = 1; from <= end;) {
    const comma = text.indexOf(',', from)
    const to = comma < 0 || comma > end ? end : comma
    numbers.push(element(text, from, to))
    from = to + 1
  }
  return numbers
}

/** Digits whose number is exact, however they are summed up. */
const EXACT = 13
const ZERO = 48
const X = 120

/** Digit by digit, without a string for each: these are most of what a log of lists holds. */
const element = (text: string, from: number, to: number): number => {
  const isHex = text.charCodeAt(from) === ZERO && text.charCodeAt(from + 1) === X && to > from + 2
  const base = isHex ? 16 : 10
  const first = isHex ? from + 2 : from
  let value = 0
  for (let i = first; i < to; i++) {
    const digit = digitOf(text.charCodeAt(i))
    if (digit >= base) return plainElement(text.slice(from, to))
    value = value * base + digit
  }
  return to - first > 0 && to - first <= EXACT ? value : plainElement(text.slice(from, to))
}

/** No exponents: `01e999` is a damaged address, and would be Infinity. */
const plainElement = (text: string): number =>
  text.length > 18 || !/^(?:0x[\da-f]+|\d+)$/i.test(text) ? NaN : Number(text)

/** Of a lower-case hexadecimal digit; too large for every base otherwise. */
const digitOf = (code: number): number => {
  if (code >= ZERO && code < ZERO + 10) return code - ZERO
  return code >= 97 && code < 103 ? code - 87 : 16
}

/** An array that the line may end in: the last element counts only if something follows it. */
export const readCutArray = (text: string): readonly number[] => {
  if (text.endsWith('}')) return readArray(text)
  const end = text.lastIndexOf(',')
  return end <= 1 ? [] : elements(text, end)
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
