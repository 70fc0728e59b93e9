// The language of the programs: one command a line, each with its operands.
import { InputError, type InputPlace, type V4l2MemoryWish, ownValue } from '@dmalab/api'
import { NODE_NAMES } from './setup.ts'
import { type QueueRef, Words } from './words.ts'

export type { QueueRef }

/** Where a plane's memory is: a slot and an offset, a number, nowhere (`bad`), or not said (`-`). */
type Where =
  | { readonly kind: 'slot'; readonly slot: string; readonly offset: number }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'bad' | 'none' }

export interface PlaneGiven {
  readonly where: Where
  readonly length: number
  readonly bytesused: number
  readonly dataOffset: number
}

type UserKind = 'rw' | 'ro' | 'hole' | 'rwx'

export type Command =
  | { readonly op: 'open'; readonly handle: string; readonly node: string }
  | { readonly op: 'close' | 'munmap'; readonly slot: string }
  | {
      readonly op: 'fmt'
      readonly at: QueueRef
      readonly width: number
      readonly height: number
      readonly fourcc: string
    }
  | {
      readonly op: 'reqbufs'
      readonly at: QueueRef
      readonly memory: V4l2MemoryWish
      readonly count: number
      readonly flags: number
    }
  | {
      readonly op: 'create'
      readonly at: QueueRef
      readonly memory: V4l2MemoryWish
      readonly count: number
      readonly flags: number
      readonly sizes: readonly number[]
    }
  | { readonly op: 'remove'; readonly at: QueueRef; readonly index: number; readonly count: number }
  | { readonly op: 'query'; readonly at: QueueRef; readonly index: number }
  | {
      readonly op: 'export'
      readonly at: QueueRef
      readonly index: number
      readonly plane: number
      readonly flags: number
      readonly slot: string
    }
  | {
      readonly op: 'mmap'
      readonly at: QueueRef
      readonly index: number
      readonly plane: number
      readonly slot: string
      readonly len: number | null
      readonly offset: number | null
    }
  | { readonly op: 'mmapfd'; readonly slot: string; readonly fd: string; readonly len: number }
  | { readonly op: 'user'; readonly slot: string; readonly size: number; readonly kind: UserKind }
  | { readonly op: 'udmabuf'; readonly slot: string; readonly size: number }
  | { readonly op: 'memfd'; readonly slot: string; readonly size: number }
  | {
      readonly op: 'qbuf' | 'prepare'
      readonly at: QueueRef
      readonly index: number
      readonly memory: V4l2MemoryWish
      readonly flags: number
      readonly field: number
      readonly requestFd: number | null
      readonly noPlanes: boolean
      readonly planes: readonly PlaneGiven[]
    }
  | { readonly op: 'dqbuf'; readonly at: QueueRef; readonly memory: V4l2MemoryWish }
  | { readonly op: 'streamon' | 'streamoff'; readonly at: QueueRef }
  | { readonly op: 'poll'; readonly handle: string }
  | { readonly op: 'read' | 'write'; readonly handle: string; readonly len: number }

/** @throws InputError for a line that is not a command */
export const parseCommand = (line: string, place: InputPlace): Command => {
  const words = new Words(line, place)
  const op = words.text('a command')
  const parse = ownValue(PARSERS, op)
  if (parse === undefined) throw new InputError(`unknown command ${op}`, place)
  const command = parse(words)
  words.end()
  return command
}

const MEMORY: Readonly<Record<string, V4l2MemoryWish>> = {
  m: 'MMAP',
  u: 'USERPTR',
  d: 'DMABUF',
  o: 'OVERLAY',
  x: 'UNKNOWN',
}

const NODE_TABLE = Object.fromEntries(NODE_NAMES.map((name) => [name, name]))
const USER_KINDS: Readonly<Record<string, UserKind>> = { rw: 'rw', ro: 'ro', hole: 'hole', rwx: 'rwx' }

const slotCommand =
  (op: 'close' | 'munmap') =>
  (words: Words): Command => ({ op, slot: words.text('a slot') })
const fdCommand =
  (op: 'udmabuf' | 'memfd') =>
  (words: Words): Command => ({ op, slot: words.text('a slot'), size: words.number('a size') })
const streamCommand =
  (op: 'streamon' | 'streamoff') =>
  (words: Words): Command => ({ op, at: words.queue() })
const fileCommand =
  (op: 'read' | 'write') =>
  (words: Words): Command => ({ op, handle: words.text('a handle'), len: words.number('a length') })
const bufferCommand =
  (op: 'qbuf' | 'prepare') =>
  (words: Words): Command => {
    const at = words.queue()
    const index = words.number('a buffer index')
    const memory = words.one(MEMORY, 'a memory type')
    const option = (name: string): number | null => {
      const word = words.when((next) => next.startsWith(`${name}=`))
      return word === undefined ? null : words.toNumber(word.slice(name.length + 1), name)
    }
    let [flags, field, requestFd, noPlanes]: [number | null, number | null, number | null, boolean] = [
      null,
      null,
      null,
      false,
    ]
    // Options come in any order, before the planes.
    for (let before = -1; before !== words.count;) {
      before = words.count
      flags ??= option('flags')
      field ??= option('field')
      requestFd ??= option('req')
      noPlanes ||= words.when((next) => next === 'null') !== undefined
    }
    const planes: PlaneGiven[] = []
    for (let word = planeWord(words); word !== undefined; word = planeWord(words)) planes.push(planeOf(words, word))
    return { op, at, index, memory, flags: flags ?? 0, field: field ?? 0, requestFd, noPlanes, planes }
  }

const planeWord = (words: Words): string | undefined => words.when((next) => next.startsWith('p='))

const planeOf = (words: Words, word: string): PlaneGiven => {
  const [where = '', length = '', bytesused = '', dataOffset = '0'] = word.slice(2).split(':')
  return {
    where: whereOf(words, where),
    length: words.toNumber(length, 'a length'),
    bytesused: words.toNumber(bytesused, 'bytes used'),
    dataOffset: words.toNumber(dataOffset, 'an offset'),
  }
}

const whereOf = (words: Words, text: string): Where => {
  if (text === 'bad') return { kind: 'bad' }
  if (text === '-') return { kind: 'none' }
  if (!/^[FUM]/.test(text)) return { kind: 'number', value: words.toNumber(text, 'a slot or a number') }
  const [slot = '', offset = '0'] = text.split('+')
  return { kind: 'slot', slot, offset: words.toNumber(offset, 'an offset') }
}

const PARSERS: Readonly<Record<string, (words: Words) => Command>> = {
  open: (words) => ({ op: 'open', handle: words.text('a handle'), node: words.one(NODE_TABLE, 'a node') }),
  close: slotCommand('close'),
  munmap: slotCommand('munmap'),
  fmt: (words) => ({
    op: 'fmt',
    at: words.queue(),
    width: words.number('a width'),
    height: words.number('a height'),
    fourcc: words.text('a pixel format'),
  }),
  reqbufs: (words) => ({
    op: 'reqbufs',
    at: words.queue(),
    memory: words.one(MEMORY, 'a memory type'),
    count: words.number('a count'),
    flags: words.more ? words.number('flags') : 0,
  }),
  create: (words) => {
    const at = words.queue()
    const memory = words.one(MEMORY, 'a memory type')
    const count = words.number('a count')
    const flags = words.number('flags')
    const sizes: number[] = []
    while (words.more) sizes.push(words.number('a size'))
    return { op: 'create', at, memory, count, flags, sizes }
  },
  remove: (words) => ({
    op: 'remove',
    at: words.queue(),
    index: words.number('a buffer index'),
    count: words.number('a count'),
  }),
  query: (words) => ({ op: 'query', at: words.queue(), index: words.number('a buffer index') }),
  export: (words) => ({
    op: 'export',
    at: words.queue(),
    index: words.number('a buffer index'),
    plane: words.number('a plane'),
    flags: words.number('flags'),
    slot: words.text('a slot'),
  }),
  mmap: (words) => ({
    op: 'mmap',
    at: words.queue(),
    index: words.number('a buffer index'),
    plane: words.number('a plane'),
    slot: words.text('a slot'),
    len: words.more ? words.number('a length') : null,
    offset: words.more ? words.number('an offset') : null,
  }),
  mmapfd: (words) => ({
    op: 'mmapfd',
    slot: words.text('a slot'),
    fd: words.text('a slot'),
    len: words.number('a length'),
  }),
  user: (words) => ({
    op: 'user',
    slot: words.text('a slot'),
    size: words.number('a size'),
    kind: words.one(USER_KINDS, 'a kind of memory'),
  }),
  udmabuf: fdCommand('udmabuf'),
  memfd: fdCommand('memfd'),
  qbuf: bufferCommand('qbuf'),
  prepare: bufferCommand('prepare'),
  dqbuf: (words) => ({ op: 'dqbuf', at: words.queue(), memory: words.one(MEMORY, 'a memory type') }),
  streamon: streamCommand('streamon'),
  streamoff: streamCommand('streamoff'),
  poll: (words) => ({ op: 'poll', handle: words.text('a handle') }),
  read: fileCommand('read'),
  write: fileCommand('write'),
}
