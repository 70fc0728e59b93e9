// Where bytes come from: chunks of a file, unpacked where they are gzip, never more than the limits.
import { isInputError } from '@dmalab/api'
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
    try {
      yield* held
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value
    } finally {
      await iterator.return?.()
    }
  }
  return { head: joined(held, size), all: all() }
}

const joined = (chunks: readonly Uint8Array[], size: number): Uint8Array => {
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

/** undefined: more than `most` bytes. */
export const whole = async (chunks: Chunks, most: number): Promise<Uint8Array | undefined> => {
  const held: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > most) return undefined
    held.push(chunk)
  }
  return joined(held, size)
}

export interface Tee {
  readonly chunks: Chunks
  /** From here on, nothing is kept. */
  stop(): void
  /** All bytes, those that were read and those that were not; undefined: more than `most`. */
  rest(most: number): Promise<Uint8Array | undefined>
}

/** Keeps what was read, for a second look. */
export const teed = (chunks: Chunks): Tee => {
  const iterator = chunks[Symbol.asyncIterator]()
  let held: Uint8Array[] = []
  let keeps = true
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    const step = await iterator.next()
    if (step.done !== true && keeps) held.push(step.value)
    return step
  }
  return {
    // Whoever stops reading does not end the source.
    chunks: { [Symbol.asyncIterator]: () => ({ next }) },
    stop: () => {
      keeps = false
      held = []
    },
    rest: async (most) => {
      const size = (): number => held.reduce((sum, { length }) => sum + length, 0)
      for (let step = await next(); step.done !== true; step = await next()) if (size() > most) return undefined
      return joined(held, size())
    },
  }
}

/** What comes out of something compressed, and no more than the limit; what goes wrong ends it, and `ending` says so. */
export async function* limited(chunks: Chunks, ending: Ending, file: string): AsyncGenerator<Uint8Array> {
  let size = 0
  try {
    for await (const chunk of chunks) {
      size += chunk.length
      if (size > UNPACKED) {
        ending.why = `more than ${UNPACKED / 2 ** 20} MiB come out of it; the rest was left out`
        return
      }
      yield chunk
    }
  } catch (error) {
    if (!isInputError(error)) throw error
    const { message, hint } = error
    ending.why = `${message.replace(`${file}: `, '')}${hint === undefined ? '' : `: ${hint}`}`
  }
}

/** Unpacks gzip; what is damaged ends it, and `ending` says so. */
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
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } catch {
    ending.why = 'the gzip data are damaged or cut off; what came before was read'
  } finally {
    await reader.cancel().catch(() => {})
  }
}
