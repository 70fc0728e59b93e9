// Mail as it is stored: `=3D` for an equals sign, and a line that ends in one goes on in the next (RFC 2045).

export interface Unquoted {
  line(raw: string, number: number): void
  end(): void
}

/** Characters of one line that are joined. */
const JOINED = 4096
const CODES = /=([0-9A-F]{2})/g

/** Lines of text that is not so encoded pass as they are. */
export const createUnquoted = (onLine: (text: string, number: number) => void): Unquoted => {
  let isEncoded = false
  let held = ''
  let begun = 0
  const flush = (): void => {
    if (held === '') return
    const whole = held.replace(CODES, (code, digits: string) => plain(code, digits))
    held = ''
    onLine(whole, begun)
  }
  return {
    line: (raw, number) => {
      isEncoded ||= raw.includes('=3D')
      if (!isEncoded) return onLine(raw, number)
      if (held === '') begun = number
      const goesOn = raw.endsWith('=') && held.length < JOINED
      held += goesOn ? raw.slice(0, -1) : raw
      if (goesOn) return
      if (held === '') onLine('', number)
      flush()
    },
    end: flush,
  }
}

/** Printable ASCII; what stands for a byte of UTF-8 is a quote mark or a blank at most. */
const plain = (code: string, digits: string): string => {
  const value = Number.parseInt(digits, 16)
  return value >= 0x20 && value < 0x7f ? String.fromCharCode(value) : value === 9 ? ' ' : value >= 0x80 ? '' : code
}
