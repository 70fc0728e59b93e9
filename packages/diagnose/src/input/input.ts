// An input before it is read, and what reading it takes.
import type { Content } from './content.ts'
import type { Chunks } from './source.ts'
import type { InputTools } from './tools.ts'

/** A file as it was named, and its bytes. */
export interface Input {
  readonly file: string
  /** Which tree of several that lie in it. */
  readonly tree?: string | undefined
  readonly chunks: Chunks
}

/** What is in memory already, as an input. */
export const inputOf = (file: string, content: Uint8Array): Input => ({ file, chunks: inOnePiece(content) })

// eslint-disable-next-line require-await -- it has the shape of a file that is read in pieces
async function* inOnePiece(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content
}

export interface ReadOptions {
  readonly tools: InputTools
  /** Memory where a tree states none and no log says: SIZE or SIZE@BASE. */
  readonly memory?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
}

/** Reads what lies in another input. */
export type ReadInside = (input: Input, options: ReadOptions, depth: number) => Promise<readonly Content[]>
