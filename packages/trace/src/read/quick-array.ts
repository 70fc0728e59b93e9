// Arrays of addresses from the bytes of a line: most of a log of lists, so that all is kept in variables.

const [COMMA, ZERO, X, BRACE] = [44, 48, 120, 125] as const
/** Digits whose number is exact. */
export const HEX_DIGITS = 13
/** Those of a small integer, which is quick to make; few numbers have more. */
const SMALL_DIGITS = 7

/** By byte: the value of a hexadecimal digit in small letters, or 16. */
export const DIGITS: Uint8Array = new Uint8Array(256).fill(16)
for (const [value, char] of Array.from('0123456789abcdef').entries()) DIGITS[char.charCodeAt(0)] = value

/** Reads `0x1000,0x2000}` from `from` on into `numbers`; returns where it ends, or -1 where something else stands there. */
export const readQuickArray = (bytes: Uint8Array, from: number, end: number, numbers: number[]): number => {
  for (let at = from; ;) {
    if (bytes[at] !== ZERO || bytes[at + 1] !== X) return -1
    at += 2
    const first = at
    const turn = Math.min(end, first + SMALL_DIGITS)
    let value = 0
    for (; at < turn; at++) {
      const digit = DIGITS[bytes[at]!]!
      if (digit === 16) break
      value = value * 16 + digit
    }
    if (at === first + SMALL_DIGITS) {
      let rest = 0
      let scale = 1
      for (; at < end; at++) {
        const digit = DIGITS[bytes[at]!]!
        if (digit === 16) break
        rest = rest * 16 + digit
        scale *= 16
      }
      value = value * scale + rest
    }
    if (at === first || at - first > HEX_DIGITS || at >= end) return -1
    numbers.push(value)
    const after = bytes[at]
    at++
    if (after === BRACE) return at
    if (after !== COMMA) return -1
  }
}
