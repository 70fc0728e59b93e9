// Bytes of a log as text: UTF-8, or UTF-16 as PowerShell and Windows editors write it.

export interface TextOfBytes {
  text(bytes: Uint8Array): string
  end(): string
}

/** The first two bytes decide; a log in UTF-16 without a mark has every other byte 0. */
const encodingOf = ([first, second]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' => {
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return 'utf-16le'
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0 && second !== undefined)) return 'utf-16be'
  return 'utf-8'
}

export const createTextOfBytes = (): TextOfBytes => {
  let decoder: TextDecoder | undefined
  /** A first chunk of one byte says nothing yet. */
  let held = new Uint8Array(0)
  const start = (bytes: Uint8Array): string => {
    decoder = new TextDecoder(encodingOf(bytes))
    return decoder.decode(bytes, { stream: true })
  }
  return {
    text: (bytes) => {
      if (decoder !== undefined) return decoder.decode(bytes, { stream: true })
      held = joined(held, bytes)
      return held.length < 2 ? '' : start(held)
    },
    end: () => (decoder === undefined ? start(held) : decoder.decode()),
  }
}

const joined = (a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> => {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
