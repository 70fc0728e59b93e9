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

export interface ReadOptions {
  readonly tools: InputTools
  /** Memory where a tree states none and no log says: SIZE or SIZE@BASE. */
  readonly memory?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
}

/** Reads what lies in another input. */
export type ReadInside = (input: Input, options: ReadOptions, depth: number) => Promise<readonly Content[]>
