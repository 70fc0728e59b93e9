// A tar archive as a stream of its regular files. Nothing is written anywhere, so names cannot escape; links, devices and the like have
// no bytes of their own and are left out.
import { PARTS } from './limits.ts'
import type { Chunks, Ending } from './source.ts'

const BLOCK = 512
/** Long names and pax headers: more than paths need. */
const LONG_NAME = 2 ** 16

export interface TarPart {
  readonly name: string
  /** To be read to its end, or not at all, before the next part. */
  readonly bytes: Chunks
}

export interface TarCounts {
  /** Links, devices, and names that lead out of the archive. */
  leftOut: number
}

export const isTar = (head: Uint8Array): boolean => ascii(head, 257, 5) === 'ustar' && checksumFits(head)

export async function* tarParts(chunks: Chunks, counts: TarCounts, ending: Ending): AsyncGenerator<TarPart> {
  const input = createBlocks(chunks)
  let longName: string | undefined
  let longSize: number | undefined
  for (let parts = 0; ;) {
    const header = await input.take(BLOCK)
    if (header === undefined || header.every((byte) => byte === 0)) return
    if (!checksumFits(header)) {
      ending.why = 'the archive is damaged; what came before was read'
      return
    }
    const type = String.fromCharCode(header[156] ?? 0)
    const size = longSize ?? sizeOf(header)
    if (type === 'L' || type === 'x' || type === 'g') {
      if (size > LONG_NAME) {
        ending.why = 'the archive has a name of more than 64 KiB; the rest was left out'
        return
      }
      const text = new TextDecoder().decode((await input.take(size)) ?? new Uint8Array())
      await input.skip(padding(size))
      if (type === 'L') longName = text.replace(/\0.*$/s, '')
      if (type === 'x') {
        longName = paxValue(text, 'path') ?? longName
        const told = paxValue(text, 'size')
        longSize = told === undefined ? undefined : Number(told)
      }
      continue
    }
    const name = plainName(longName ?? nameOf(header))
    longName = undefined
    longSize = undefined
    if (!Number.isSafeInteger(size) || size < 0) {
      ending.why = 'the archive states a size that is none; the rest was left out'
      return
    }
    const isFile = type === '0' || type === '\0' || type === '7'
    if (!isFile || name === undefined) {
      if (type !== '5') counts.leftOut += 1
      await input.skip(size + padding(size))
      continue
    }
    parts += 1
    if (parts > PARTS) {
      ending.why = `the archive has more than ${PARTS} files; the rest was left out`
      return
    }
    let left = size
    const bytes = async function* (): AsyncGenerator<Uint8Array> {
      while (left > 0) {
        const piece = await input.some(left)
        if (piece === undefined) {
          ending.why = 'the archive is cut off; what came before was read'
          return
        }
        left -= piece.length
        yield piece
      }
    }
    yield { name, bytes: bytes() }
    if (ending.why !== undefined) return
    await input.skip(left + padding(size))
  }
}

interface Blocks {
  /** Exactly `length` bytes; undefined where fewer are left. */
  take(length: number): Promise<Uint8Array | undefined>
  /** At most `most` bytes, whatever is at hand; undefined at the end. */
  some(most: number): Promise<Uint8Array | undefined>
  skip(length: number): Promise<void>
}

const createBlocks = (chunks: Chunks): Blocks => {
  const iterator = chunks[Symbol.asyncIterator]()
  let held: Uint8Array = new Uint8Array()
  const fill = async (): Promise<boolean> => {
    const { done, value } = await iterator.next()
    if (done === true) return false
    held = value
    return true
  }
  const some = async (most: number): Promise<Uint8Array | undefined> => {
    while (held.length === 0) if (!(await fill())) return undefined
    const piece = held.subarray(0, most)
    held = held.subarray(piece.length)
    return piece
  }
  return {
    some,
    take: async (length) => {
      const whole = new Uint8Array(length)
      for (let at = 0; at < length;) {
        const piece = await some(length - at)
        if (piece === undefined) return undefined
        whole.set(piece, at)
        at += piece.length
      }
      return whole
    },
    skip: async (length) => {
      for (let left = length; left > 0;) {
        const piece = await some(left)
        if (piece === undefined) return
        left -= piece.length
      }
    },
  }
}

const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK

const ascii = (bytes: Uint8Array, at: number, length: number): string => {
  const text = String.fromCharCode(...bytes.subarray(at, at + length))
  const end = text.indexOf('\0')
  return end < 0 ? text : text.slice(0, end)
}

const nameOf = (header: Uint8Array): string => {
  const prefix = ascii(header, 257, 6) === 'ustar' && header[262] === 0 ? ascii(header, 345, 155) : ''
  return prefix === '' ? ascii(header, 0, 100) : `${prefix}/${ascii(header, 0, 100)}`
}

/** undefined: it leads out of the archive, or is none. Control characters do not reach a terminal. */
const plainName = (name: string): string | undefined => {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.')
  if (name.startsWith('/') || parts.length === 0 || parts.includes('..')) return undefined
  // eslint-disable-next-line no-control-regex -- they are what is taken out
  return parts.join('/').replace(/[\u0000-\u001f\u007f-\u009f]/g, '?')
}

/** Octal, or base 256 where the first bit is set. */
const sizeOf = (header: Uint8Array): number => {
  if ((header[124] ?? 0) < 128) {
    const text = ascii(header, 124, 12).trim()
    return /^[0-7]*$/.test(text) ? Number.parseInt(text === '' ? '0' : text, 8) : -1
  }
  return header.subarray(125, 136).reduce((size, byte) => size * 256 + byte, 0)
}

const checksumFits = (header: Uint8Array): boolean => {
  if (header.length < BLOCK) return false
  let sum = 0
  for (let at = 0; at < BLOCK; at += 1) sum += at >= 148 && at < 156 ? 32 : (header[at] ?? 0)
  return Number.parseInt(ascii(header, 148, 8).trim(), 8) === sum
}

/** `LENGTH KEY=VALUE\n` records. */
const paxValue = (text: string, key: string): string | undefined =>
  text
    .split('\n')
    .map((record) => record.slice(record.indexOf(' ') + 1))
    .find((record) => record.startsWith(`${key}=`))
    ?.slice(key.length + 1)
