// Files that a user names, read so that every path ends: whole up to a limit, from their start, or in pieces. What a path can lead
// to that is not a file (a folder, a device, a pipe that no program writes) is one line, and nothing waits for it.
import { closeSync, constants, createReadStream, fstatSync, openSync, readSync } from 'node:fs'
import { Socket } from 'node:net'
import { InputError, isInputError } from '../input-error.ts'

const MIB = 2 ** 20

/** Limits by kind: far above what there is, far below what fills a memory. */
export const MOST = {
  /** Scenarios, run specs, board files. */
  text: 16 * MIB,
  /** Vectors and records. */
  data: 256 * MIB,
  /** What a decoder is fed: the first pictures are in its first megabytes. */
  bitstream: 16 * MIB,
  /** The module of a plug-in. */
  module: 64 * MIB,
} as const

/** @throws InputError for what is not a file, cannot be read, or holds more than `most` bytes */
export const readWhole = (file: string, most: number): Uint8Array =>
  withFile(file, (fd, size) => {
    const content = size > most ? undefined : firstOf(fd, most + 1, size)
    if (content === undefined || content.length > most) throw tooLarge(file, most)
    return content
  })

/** The first bytes, all of them where there are fewer. @throws InputError for what is not a file or cannot be read */
export const readStart = (file: string, most: number): Uint8Array =>
  withFile(file, (fd, size) => firstOf(fd, most, Math.min(size, most)))

/** @throws InputError as readWhole does, without reading */
export const checkFile = (file: string, most: number): void =>
  withFile(file, (_fd, size) => {
    if (size > most) throw tooLarge(file, most)
  })

/** As readWhole, for what comes through a stream. @throws InputError where it does not end within `most` bytes */
export const readStream = async (
  input: AsyncIterable<Uint8Array | string>,
  file: string,
  most: number,
): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of input) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      length += bytes.length
      if (length > most) throw tooLarge(file, most)
      chunks.push(bytes)
    }
  } catch (error) {
    throw unreadable(error, file)
  }
  return Buffer.concat(chunks)
}

/** A file, or a pipe that a program writes; in pieces of `size` bytes. @throws InputError for anything else, when it is called */
export const openPieces = (
  file: string,
  size: number,
): { readonly kind: 'file' | 'pipe'; readonly pieces: () => AsyncIterable<Uint8Array> } => {
  const fd = attempt(file, () => openSync(file, constants.O_RDONLY + NO_WAIT))
  const kind = attempt(file, () => kindOf(fd))
  if (kind !== 'file' && kind !== 'pipe') {
    closeSync(fd)
    throw notAFile(file, kind)
  }
  if (kind === 'file') return { kind, pieces: () => createReadStream(file, { fd, start: 0, highWaterMark: size }) }
  const first = attempt(file, () => firstOfPipe(fd, size))
  if (first === null || first.length > 0) return { kind, pieces: () => pipePieces(fd, first ?? new Uint8Array()) }
  closeSync(fd)
  throw new InputError('this is a pipe, and no program writes it', { file })
}

/** What lies in a pipe now; null where its writer has yet to write. */
const firstOfPipe = (fd: number, size: number): Uint8Array | null => {
  const bytes = Buffer.alloc(size)
  try {
    return bytes.subarray(0, readSync(fd, bytes))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return null
    throw error
  }
}

async function* pipePieces(fd: number, first: Uint8Array): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first
  yield* new Socket({ fd, readable: true, writable: false })
}

/** A pipe opens although no program writes it, and is at its end then. Windows has no such flag. */
const NO_WAIT: number = constants.O_NONBLOCK ?? 0

const withFile = <T>(file: string, work: (fd: number, size: number) => T): T =>
  attempt(file, () => {
    const fd = openSync(file, constants.O_RDONLY + NO_WAIT)
    try {
      const kind = kindOf(fd)
      if (kind !== 'file') throw notAFile(file, kind)
      return work(fd, fstatSync(fd).size)
    } finally {
      closeSync(fd)
    }
  })

const CHUNK = 2 ** 16

/** Files below /proc and /sys state no size, so it is only where reading starts. */
const firstOf = (fd: number, most: number, size: number): Uint8Array => {
  let content = Buffer.alloc(Math.min(most, size + 1))
  let length = 0
  for (;;) {
    if (length === content.length && length < most)
      content = Buffer.concat([content], Math.min(most, length * 2 + CHUNK))
    const read = length === most ? 0 : readSync(fd, content, length, content.length - length, null)
    if (read === 0) return content.subarray(0, length)
    length += read
  }
}

type Kind = 'file' | 'pipe' | 'folder' | 'device' | 'socket'

const kindOf = (fd: number): Kind => {
  const stats = fstatSync(fd)
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'folder'
  if (stats.isFIFO()) return 'pipe'
  return stats.isSocket() ? 'socket' : 'device'
}

const notAFile = (file: string, kind: Kind): InputError =>
  new InputError(
    `this is a ${kind}, not a file`,
    { file },
    kind === 'folder'
      ? undefined
      : 'what comes through a pipe is read from standard input, where a command takes - for a file',
  )

const tooLarge = (file: string, most: number): InputError =>
  new InputError(`is too large: at most ${most / MIB} MiB are read`, { file })

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'no such file'],
  ['ENOTDIR', 'no such file'],
  ['ENAMETOOLONG', 'no such file'],
  ['ELOOP', 'links lead round in a circle'],
  ['EACCES', 'may not be read'],
  ['EPERM', 'may not be read'],
  ['ENXIO', 'this is a socket, not a file'],
])

const attempt = <T>(file: string, work: () => T): T => {
  try {
    return work()
  } catch (error) {
    throw unreadable(error, file)
  }
}

/** What the system says of a file, in one line; anything else as it is. */
export const unreadable = (error: unknown, file: string): unknown => {
  if (isInputError(error) || !(error instanceof Error) || !('code' in error)) return error
  const code = String(error.code)
  return new InputError(REASONS.get(code) ?? `cannot be read (${code})`, { file })
}
