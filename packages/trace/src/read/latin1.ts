// Bytes as text, one character a byte, by what browsers and Node have in common.

/** The characters of bytes [start, end). */
export type TextOf = (bytes: Uint8Array, start: number, end: number) => string

/** Whatever it is asked for, the web's decoder gives windows-1252: bytes 0x80 to 0x9f come out as other characters. */
const decoder = new TextDecoder('latin1')
const NO_BYTE = /[^\0-\xff]/

export const latin1: TextOf = (bytes, start, end) => {
  const part = bytes.subarray(start, end)
  const text = decoder.decode(part)
  return NO_BYTE.test(text) ? Array.from(part, (byte) => String.fromCharCode(byte)).join('') : text
}
