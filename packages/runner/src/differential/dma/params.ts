// Words of the command language, and how a line of it becomes a call.
import { DIR, type Direction, InputError, type InputPlace, ownValue } from '@dmalab/api'
import type { DmaBoot } from './dma-boot.ts'

/** One word of a command. */
export interface Param<T> {
  /** What is expected there, for complaints. */
  readonly expected: string
  /** Undefined: the word is not one. */
  read(word: string): T | undefined
  /** The value of a word that may be left out. */
  readonly absent?: { readonly value: T }
}

/** The name of an object: `b1`, `m3`, or a device. */
export const NAME: Param<string> = {
  expected: 'a name',
  read: (word) => (/^[a-z][a-z0-9_]*$/.test(word) ? word : undefined),
}
export const NUMBER: Param<number> = {
  expected: 'a number',
  read: (word) => (/^(\d+|0x[0-9a-f]+)$/i.test(word) ? Number(word) : undefined),
}
/** A memory zone, a heap, a way to sync. */
export const WORD: Param<string> = { expected: 'a word', read: (word) => word }

const DIRECTIONS: Readonly<Record<string, Direction>> = {
  b: DIR.BIDIRECTIONAL,
  t: DIR.TO_DEVICE,
  f: DIR.FROM_DEVICE,
}
export const DIRECTION: Param<Direction> = {
  expected: 'a direction (t, f or b)',
  read: (word) => ownValue(DIRECTIONS, word),
}
/** Part of a buffer in a list: `b1:4096:512`. */
export interface Piece {
  readonly name: string
  readonly offset: number
  readonly len: number
}
export const PIECE: Param<Piece> = {
  expected: 'part of a buffer (b1:OFFSET:LENGTH)',
  read(word) {
    const [, name, offset, len] = /^([a-z][a-z0-9_]*):(\d+):(\d+)$/.exec(word) ?? []
    return name === undefined ? undefined : { name, offset: Number(offset), len: Number(len) }
  },
}

/** A place in the pages of a buffer: `b1:4096`. */
export interface PlaceInPages {
  readonly name: string
  readonly offset: number
}
/** A physical address, or a place in pages. */
export const PHYS: Param<number | PlaceInPages> = {
  expected: 'an address or a place in a buffer (b1:OFFSET)',
  read(word) {
    const [, name, offset] = /^([a-z][a-z0-9_]*):(\d+)$/.exec(word) ?? []
    return name === undefined ? NUMBER.read(word) : { name, offset: Number(offset) }
  },
}

/** A word that may be left out at the end of a line. */
export const optional = <T>(param: Param<T>, value: T): Param<T> => ({ ...param, absent: { value } })

/** A command that is ready to run: the value is its answer. `recorded` is what the real kernel said, for what it alone decides. */
export type Step = (boot: DmaBoot, recorded: string | undefined) => string

/** How the words after a command's name are read. */
export type Command = (words: readonly string[], place: InputPlace) => Step

type Values<P> = { readonly [K in keyof P]: P[K] extends Param<infer T> ? T : never }
type Params = Readonly<Record<string, Param<unknown>>>

/** A command with these words, in this order. */
export const command =
  <P extends Params>(
    params: P,
    run: (boot: DmaBoot, values: Values<P>, recorded: string | undefined) => string,
  ): Command =>
  (words, place) => {
    const values = Object.entries(params).map(([key, param], i) => [key, wordOf(param, words[i], i, place)])
    checkEnd(words, values.length, place)
    const read = Object.fromEntries(values) as Values<P>
    return (boot, recorded) => run(boot, read, recorded)
  }

/** A command whose last words are any number of one kind. */
export const listCommand =
  <P extends Params, T>(
    params: P,
    item: Param<T>,
    run: (boot: DmaBoot, values: Values<P>, items: readonly T[]) => string,
  ): Command =>
  (words, place) => {
    const fixed = Object.keys(params).length
    const values = Object.entries(params).map(([key, param], i) => [key, wordOf(param, words[i], i, place)])
    const read = Object.fromEntries(values) as Values<P>
    const items = words.slice(fixed).map((word, i) => wordOf(item, word, fixed + i, place))
    return (boot) => run(boot, read, items)
  }

const wordOf = <T>(param: Param<T>, word: string | undefined, index: number, place: InputPlace): T => {
  if (word === undefined && param.absent !== undefined) return param.absent.value
  const value = word === undefined ? undefined : param.read(word)
  if (value !== undefined) return value
  const got = word === undefined ? 'the line ends' : `there is '${word}'`
  throw new InputError(`word ${index + 2}: expected ${param.expected}, but ${got}`, place)
}

const checkEnd = (words: readonly string[], used: number, place: InputPlace): void => {
  const [extra] = words.slice(used)
  if (extra !== undefined) throw new InputError(`word ${used + 2}: '${extra}' is one too many`, place)
}
