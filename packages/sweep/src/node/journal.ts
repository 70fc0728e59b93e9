// The journal of a sweep: one JSON line a point, appended only, each whole or absent. It is all that a killed sweep leaves, and all
// that it needs to go on.
import { closeSync, existsSync, fstatSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { InputError, type PointResult } from '@dmalab/api'
import { MOST, readWhole } from '@dmalab/api/node'
import { resultFrom } from '../read-report.ts'

/** What a journal must be of, to be gone on with. */
export interface JournalHead {
  /** Digest of the sweep. */
  readonly sweep: string
  /** Digest of this build of dmalab. */
  readonly build: string
}

export interface Journal {
  /** What the file held. */
  readonly known: ReadonlyMap<string, PointResult>
  /** Written within BATCH_MS, or with the next BATCH_LINES lines. @throws InputError when an earlier batch could not be written */
  append(id: string, result: PointResult): void
  /** Writes what is left. @throws InputError when it cannot be written */
  flush(): void
  /** Once what is left is written. @throws InputError as flush does */
  close(): void
}

const BATCH_LINES = 256
const BATCH_MS = 100

/**
 * Opens the journal of a sweep, or begins it. A line that a kill cut is cut off.
 * @throws InputError for a file that is no journal, of another sweep or build, or that cannot be written
 */
export const openJournal = (file: string, head: JournalHead): Journal => {
  const first = headLine(head)
  const { known, end } = existsSync(file) ? read(file, head, first) : { known: new Map<string, PointResult>(), end: 0 }
  return append(file, end, end === 0 ? first : '', known)
}

/** The results of a journal that nothing is added to. @throws InputError as openJournal does, and for a file that is not there */
export const readJournal = (file: string, head: JournalHead): ReadonlyMap<string, PointResult> =>
  read(file, head, headLine(head)).known

const headLine = (head: JournalHead): string => `${JSON.stringify({ journal: 1, ...head })}\n`

const read = (
  file: string,
  head: JournalHead,
  first: string,
): { readonly known: ReadonlyMap<string, PointResult>; readonly end: number } => {
  const bytes = readBytes(file)
  const end = bytes.lastIndexOf(NEWLINE) + 1
  const lines = new TextDecoder().decode(bytes.subarray(0, end)).split('\n')
  // A kill can cut the head itself.
  if (end > 0) checkHead(file, lines[0] ?? '', head)
  else if (bytes.length > 0 && !first.startsWith(new TextDecoder().decode(bytes))) throw notJournal(file)
  const known = new Map<string, PointResult>()
  for (const [number, line] of lines.slice(1, -1).entries()) {
    const entry = entryOf(line)
    if (entry === undefined)
      throw new InputError('is damaged: not a result', { file, line: number + 2 }, 'delete this line, or the file')
    known.set(entry.id, entry.result)
  }
  return { known, end }
}

const NEWLINE = 10

const append = (file: string, end: number, first: string, known: ReadonlyMap<string, PointResult>): Journal => {
  const fd = told(file, () => openSync(file, existsSync(file) ? 'r+' : 'w+'))
  if (!fstatSync(fd).isFile()) {
    closeSync(fd)
    throw new InputError('is not a regular file', { file }, 'a journal is a file of its own')
  }
  let whole = end
  let lines: string[] = first === '' ? [] : [first]
  let timer: NodeJS.Timeout | undefined
  let failed: unknown
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (lines.length === 0) return
    const batch = Buffer.from(lines.join(''))
    lines = []
    told(file, () => {
      try {
        for (let at = 0; at < batch.length;) at += writeSync(fd, batch, at, batch.length - at, whole + at)
        fsyncSync(fd)
        whole += batch.length
      } catch (error) {
        ftruncateSync(fd, whole)
        throw error
      }
    })
  }
  told(file, () => ftruncateSync(fd, whole))
  flush()
  return {
    known,
    append: (id, result) => {
      if (failed !== undefined) throw failed
      lines.push(`${JSON.stringify({ id, result })}\n`)
      if (lines.length >= BATCH_LINES) flush()
      else
        timer ??= setTimeout(() => {
          try {
            flush()
          } catch (error) {
            failed = error
          }
        }, BATCH_MS)
    },
    flush: () => {
      if (failed !== undefined) throw failed
      flush()
    },
    close: () => {
      try {
        if (failed === undefined) flush()
      } finally {
        clearTimeout(timer)
        closeSync(fd)
      }
    },
  }
}

const readBytes = (file: string): Uint8Array => readWhole(file, MOST.data)

const told = <T>(file: string, work: () => T): T => {
  try {
    return work()
  } catch (error) {
    throw new InputError(
      `cannot be written: ${error instanceof Error ? error.message : String(error)}`,
      { file },
      'what was written before is whole; the same command goes on from there',
    )
  }
}

const notJournal = (file: string): InputError =>
  new InputError('is not the journal of a sweep', { file }, 'name another file: a journal is never written over')

const checkHead = (file: string, line: string, { sweep, build }: JournalHead): void => {
  const head = objectOf(line)
  if (head === undefined || !('journal' in head)) throw notJournal(file)
  const other = 'sweep' in head && head.sweep === sweep ? undefined : 'sweep'
  const otherBuild = 'build' in head && head.build === build ? undefined : 'build'
  const differs = other ?? otherBuild
  if (differs !== undefined)
    throw new InputError(
      differs === 'sweep' ? 'is the journal of another sweep' : 'was written by another build of dmalab',
      { file },
      'name another file, or delete this one to begin anew',
    )
}

const entryOf = (line: string): { readonly id: string; readonly result: PointResult } | undefined => {
  const entry = objectOf(line)
  if (entry === undefined || !('id' in entry) || typeof entry.id !== 'string' || !('result' in entry)) return undefined
  const result = resultFrom(entry.result)
  return result === undefined ? undefined : { id: entry.id, result }
}

const objectOf = (line: string): object | undefined => {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
