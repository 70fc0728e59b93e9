// Writes what the user asked for: the one place of commands where files and folders are made. A file is written beside its place and
// renamed when it is whole: a full disk or a kill leaves the old one as it was. None is written over what the command reads.
import {
  appendFileSync,
  closeSync,
  fchmodSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  type Stats,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { InputError, isInputError } from '@dmalab/api'

/** A file on its way. */
export interface FileWriter {
  write(text: string): void
  /** Puts it in its place. */
  finish(): void
  /** Takes back what was written; the old file stays. */
  abandon(): void
}

/** `inputs`: files that the command reads. @throws InputError when the file cannot be written, and when it is one of the inputs */
export const writeText = (file: string, text: string, inputs: readonly string[] = []): void => {
  const writer = openWriter(file, inputs)
  writer.write(text)
  writer.finish()
}

/** As writeText, and makes the folder that the file is to be in. @throws InputError when one of them cannot be written */
export const writeInFolder = (file: string, text: string): void => {
  told(file, () => mkdirSync(dirname(file), { recursive: true }))
  writeText(file, text)
}

/** Adds to the end of a journal, whose lines are whole or cut, never changed. @throws InputError when the file cannot be written */
export const appendText = (file: string, text: string): void => {
  told(file, () => {
    appendFileSync(file, text)
  })
}

/** Text is gathered to pieces of this size. */
const PIECE = 2 ** 16

/** As writeText, for what comes in pieces. @throws InputError when the file cannot be written, and when it is one of the inputs */
export const openWriter = (file: string, inputs: readonly string[] = []): FileWriter => {
  const old = told(file, () => statSync(file, { throwIfNoEntry: false }))
  const input = inputs.find((one) => old !== undefined && isSame(old, one))
  if (input !== undefined)
    throw new InputError(`is read by this command, and would be lost`, { file }, 'name another file to write')
  // A device or a pipe has no old content to keep, and must not be replaced.
  if (old !== undefined && !old.isFile() && !old.isDirectory()) return writerTo(file, file, () => undefined)
  // A link stays a link: the file that it leads to is written.
  const place = old === undefined ? file : told(file, () => realpathSync(file))
  if (old?.isDirectory() === true) throw new InputError('cannot be written: it is a folder', { file })
  const beside = join(dirname(place), `.${basename(place)}.${process.pid}.part`)
  return writerTo(file, beside, () => renameSync(beside, place), old?.mode)
}

/** `place`: where it is written; `rename` puts it where it belongs. */
const writerTo = (file: string, place: string, rename: () => void, mode?: number): FileWriter => {
  const isPart = place !== file
  const fd = told(file, () => openSync(place, 'w'))
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
  const other = statSync(input, { throwIfNoEntry: false })
  return other?.isFile() === true && other.dev === old.dev && other.ino === old.ino
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
])

const told = <T>(file: string, work: () => T): T => {
  try {
    return work()
  } catch (error) {
    if (isInputError(error) || !(error instanceof Error) || !('code' in error)) throw error
    const code = String(error.code)
    throw new InputError(`cannot be written: ${REASONS.get(code) ?? code}`, { file })
  }
}
