// Where bytes come from: chunks of a file, unpacked where they are gzip, never more than the limits.
import { UNPACKED } from './limits.ts'

export type Chunks = AsyncIterable<Uint8Array>

/** Why an input ended before its end; it holds what came of it until then. */
export interface Ending {
  why: string | undefined
}

/** The first `length` bytes, and all of them again. */
export const peek = async (
  chunks: Chunks,
  length: number,
): Promise<{ readonly head: Uint8Array; readonly all: Chunks }> => {
  const iterator = chunks[Symbol.asyncIterator]()
  const held: Uint8Array[] = []
  let size = 0
  while (size < length) {
    const { done, value } = await iterator.next()
    if (done === true) break
    held.push(value)
    size += value.length
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    yield* held
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value
  }
  return { head: joined(held, size), all: all() }
}

export const joined = (chunks: readonly Uint8Array[], size: number): Uint8Array => {
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

/** Unpacks gzip; what is damaged or too much ends it, and `ending` says so. */
export async function* gunzip(chunks: Chunks, ending: Ending): AsyncGenerator<Uint8Array> {
  const unpacker = new DecompressionStream('gzip')
  const writer = unpacker.writable.getWriter()
  const feed = async (): Promise<void> => {
    for await (const chunk of chunks) await writer.write(new Uint8Array(chunk))
    await writer.close()
  }
  // What goes wrong in the feed comes out of the reader too.
  feed().catch((error: unknown) => writer.abort(error).catch(() => {}))
  const reader = unpacker.readable.getReader()
  let size = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      size += value.length
      if (size > UNPACKED) {
        ending.why = `more than ${UNPACKED / 2 ** 20} MiB come out of it; the rest was left out`
        return
      }
      yield value
    }
  } catch {
    ending.why = 'the gzip data are damaged or cut off; what came before was read'
  } finally {
    await reader.cancel().catch(() => {})
  }
}
