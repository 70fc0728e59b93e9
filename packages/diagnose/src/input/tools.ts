// What reading inputs takes from the computer it runs on: programs, where there are any.
import { InputError } from '@dmalab/api'
import type { Chunks } from './source.ts'

/** Each throws InputError for what is damaged, and for what needs a program that is not here. */
export interface InputTools {
  /** Device tree source -> blob. */
  readonly compileTree: (source: Uint8Array, file: string) => Uint8Array
  /** undefined: not compressed. */
  readonly unpack: (content: Uint8Array, file: string) => Uint8Array | undefined
  /** The same as a stream; `head`: its first bytes. */
  readonly unpackStream: (head: Uint8Array, packed: Chunks) => Chunks | undefined
}

const refuse = (what: string, hint: string): never => {
  throw new InputError(what, {}, hint)
}

/** Where no program can be started, as in a browser. */
export const NO_TOOLS: InputTools = {
  compileTree: () =>
    refuse('device tree source, which is not compiled here', 'dtc -I dts -O dtb -o board.dtb board.dts'),
  unpack: () => refuse('compressed', 'unpack it first'),
  unpackStream: () => undefined,
}
