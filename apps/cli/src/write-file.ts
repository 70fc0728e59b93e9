// Writes what the user asked for: the one place of commands where files and folders are made. A file is written beside its place and
// renamed when it is whole: a full disk or a kill leaves the old one as it was. None is written over what the command reads.
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  closeSync,
  constants,
  fchmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  type Stats,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { InputError, isInputError } from '@dmalab/api'
import { MOST, readWhole } from '@dmalab/api/node'

/** A file on its way. */
export interface FileWriter {
  write(text: string): void
  /** Puts it in its place. */
  finish(): void
  /** Takes back what was written; the old file stays. */
  abandon(): void
}

/** @throws InputError when the file cannot be written */
export const writeText = (file: string, text: string): void => {
  const writer = openWriter(file)
  writer.write(text)
  writer.finish()
}

/**
 * Writes a file whose name is ours into a folder that the user named, and makes the folders that it needs.
 * @throws InputError when one of them cannot be written, and for a link on the way: the user did not ask for where it leads
 */
export const writeInFolder = (folder: string, path: string, text: string): void => {
  const file = join(folder, path)
  makeFolder(folder)
  checkNoLink(folder, path)
  makeFolder(dirname(file))
  writeText(file, text)
}

/** With those above it. Node's own way to do that never ends where a folder is refused as if the one above were not there (/proc). */
const makeFolder = (folder: string): void => {
  if (told(folder, () => statSync(folder, { throwIfNoEntry: false }))?.isDirectory() === true) return
  if (dirname(folder) !== folder) makeFolder(dirname(folder))
  told(folder, () => mkdirSync(folder))
}

/** The folder itself may be one: it was named. @throws InputError for a link at the path, or at a folder on the way to it */
export const checkNoLink = (folder: string, path: string): void => {
  const [first = '', ...rest] = path.split('/')
  const at = join(folder, first)
  if (told(at, () => lstatSync(at, { throwIfNoEntry: false }))?.isSymbolicLink() === true)
    throw new InputError(
      'is a link, and would lead out of the folder that was named',
      { file: at },
      'remove it, or name another folder',
    )
  if (rest.length > 0) checkNoLink(at, rest.join('/'))
}

/** A place for a file that is looked at once: in a new folder of its own, so that no other program has put a link there. */
export const temporaryPlace = (name: string): string =>
  join(
    told(tmpdir(), () => mkdtempSync(join(tmpdir(), 'dmalab-'))),
    name,
  )

/** Adds to the end of a journal, whose lines are whole or cut, never changed. @throws InputError when the file cannot be written */
export const appendText = (file: string, text: string): void => {
  told(file, () => {
    appendFileSync(file, text)
  })
}

/** Tells what was written from what was made of it since. */
export const hashOf = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('hex')

/** Removes a file that is as it was written. One that was changed, or that is another under its name, stays. */
export const removeWritten = (file: string, hash: string): void => {
  try {
    if (lstatSync(file).isFile() && hashOf(readWhole(file, MOST.data)) === hash) rmSync(file)
  } catch {
    // It is gone, or may not be read: then it is not there to mislead, or not ours.
  }
}

/** Text is gathered to pieces of this size. */
const PIECE = 2 ** 16

/**
 * Asked before the work whose result the file is to hold.
 * @param given what the command was given: whatever it names as a file is read, and must stay
 * @throws InputError where nothing can be written, and for a file that is named
 */
export const checkTarget = (file: string, given: unknown = []): void => void placeOf(file, namesIn(given))

/** As writeText, for what comes in pieces. @throws InputError when the file cannot be written */
export const openWriter = (file: string): FileWriter => {
  const old = placeOf(file)
  // A device or a pipe has no old content to keep, and must not be replaced.
  if (old !== undefined && !old.isFile()) return writerTo(file, file, () => undefined)
  // A link stays a link: the file that it leads to is written.
  const place = old === undefined ? file : told(file, () => realpathSync(file))
  const beside = join(dirname(place), `.${basename(place)}.${process.pid}.part`)
  return writerTo(file, beside, () => renameSync(beside, place), old?.mode)
}

/** What lies there now. @throws InputError where nothing can be written */
const placeOf = (file: string, inputs: readonly string[] = []): Stats | undefined => {
  const old = told(file, () => statSync(file, { throwIfNoEntry: false }))
  if (old === undefined) {
    // A link that leads nowhere gives what a folder that is not there gives.
    const inside = isLink(file) ? undefined : statSync(dirname(file), { throwIfNoEntry: false })
    if (inside?.isDirectory() !== true) throw unwritable(file, 'ENOENT')
    return old
  }
  if (old.isDirectory()) throw unwritable(file, 'EISDIR')
  if (inputs.some((input) => isSame(old, input)))
    throw new InputError(`is read by this command, and would be lost`, { file }, 'name another file to write')
  // Opening would wait for a reader.
  if (old.isFIFO()) told(file, () => closeSync(openSync(file, constants.O_WRONLY + constants.O_NONBLOCK)))
  return old
}

const isLink = (file: string): boolean => told(file, () => lstatSync(file, { throwIfNoEntry: false })) !== undefined

/** Everything that could be the name of a file, at any depth; in a gst-launch line, what stands behind an equals sign as well. */
const namesIn = (given: unknown): readonly string[] => {
  if (typeof given === 'string')
    return [given, ...[...given.matchAll(/=\s*(?:"([^"]*)"|'([^']*)'|(\S+))/g)].map(([, a, b, c]) => a ?? b ?? c ?? '')]
  return typeof given === 'object' && given !== null ? Object.values(given).flatMap(namesIn) : []
}

/** `place`: where it is written; `rename` puts it where it belongs. */
const writerTo = (file: string, place: string, rename: () => void, mode?: number): FileWriter => {
  const isPart = place !== file
  // What a killed process left there goes first; `x` follows no link.
  if (isPart) told(file, () => rmSync(place, { force: true }))
  const fd = told(file, () => openSync(place, isPart ? 'wx' : 'w'))
  const pieces: string[] = []
  let waiting = 0
  let isOpen = true
  const abandon = (): void => {
    if (!isOpen) return
    isOpen = false
    closeSync(fd)
    if (isPart) rmSync(place, { force: true })
  }
  const attempt = (work: () => void): void => {
    try {
      told(file, work)
    } catch (error) {
      abandon()
      throw error
    }
  }
  const flush = (): void => {
    const bytes = Buffer.from(pieces.splice(0).join(''))
    waiting = 0
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at)
  }
  return {
    write(text) {
      pieces.push(text)
      waiting += text.length
      if (waiting >= PIECE) attempt(flush)
    },
    finish() {
      attempt(() => {
        flush()
        if (mode !== undefined && isPart) fchmodSync(fd, mode)
      })
      told(file, () => {
        isOpen = false
        closeSync(fd)
        rename()
      })
    },
    abandon,
  }
}

const isSame = (old: Stats, input: string): boolean => {
  try {
    const other = statSync(input, { throwIfNoEntry: false })
    return other?.isFile() === true && other.dev === old.dev && other.ino === old.ino
  } catch {
    // No file has a name like that.
    return false
  }
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such folder'],
  ['ENOTDIR', 'there is no such folder'],
  ['EACCES', 'it may not be written'],
  ['EPERM', 'it may not be written'],
  ['EROFS', 'its file system is read-only'],
  ['ENOSPC', 'no space is left'],
  ['EDQUOT', 'no space is left for this user'],
  ['EISDIR', 'it is a folder'],
  ['EEXIST', 'there is a file where a folder is needed'],
  ['ELOOP', 'links lead round in a circle'],
  ['ENXIO', 'it is a pipe, and no program reads it'],
  ['EPIPE', 'it is a pipe, and no program reads it'],
])

const told = <T>(file: string, work: () => T): T => {
  try {
    return work()
  } catch (error) {
    if (isInputError(error) || !(error instanceof Error) || !('code' in error)) throw error
    throw unwritable(file, String(error.code))
  }
}

const unwritable = (file: string, code: string): InputError =>
  new InputError(`cannot be written: ${REASONS.get(code) ?? code}`, { file })
