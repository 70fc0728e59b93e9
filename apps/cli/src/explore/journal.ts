// What an exploration came to so far, one JSON line a configuration: an interrupted one goes on from there. And which files it wrote: those
// of them that a later one in the same folder does not write are removed.
import { basename, dirname, join } from 'node:path'
import { InputError } from '@dmalab/api'
import { MOST, readWhole } from '@dmalab/api/node'
import type { ExploreWork, Searched } from '@dmalab/lab'
import { isFile, isThere } from '../paths.ts'
import { appendText, checkNoLink, hashOf, removeWritten, writeInFolder } from '../write-file.ts'

/** A configuration is a Map: JSON holds its pairs. Kernel addresses of a board are big integers. */
const plain = (_key: string, value: unknown): unknown =>
  value instanceof Map ? { pairs: [...value] } : typeof value === 'bigint' ? `0x${value.toString(16)}` : value
const revived = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'pairs' in value ? new Map(value.pairs as [string, string][]) : value

const headOf = (work: ExploreWork): string => JSON.stringify({ work }, plain)

/** Begins the journal anew; what the exploration before wrote stays known. @throws InputError when it cannot be written */
export const writeHead = (file: string, work: ExploreWork): void => {
  const before = [...writtenBefore(file)]
  const lines = before.length === 0 ? '' : `${JSON.stringify({ written: Object.fromEntries(before) })}\n`
  writeInFolder(dirname(file), basename(file), `${headOf(work)}\n${lines}`)
}

/** Names that explorations give their files: a journal of other making cannot name others. */
const OURS = /^(boards\/)?[a-z0-9][a-z0-9-]*\.yaml$/

/** Files beside the journal -> what they were when they were written. */
const writtenBefore = (file: string): ReadonlyMap<string, string> => {
  if (!isFile(file)) return new Map()
  const lines = new TextDecoder().decode(readWhole(file, MOST.data)).split('\n')
  const written = lines.flatMap((line) => (line.startsWith('{"written":') ? Object.entries(writtenOf(line)) : []))
  return new Map(written.filter(([path]) => OURS.test(path)))
}

const writtenOf = (line: string): Readonly<Record<string, string>> => {
  try {
    return (JSON.parse(line) as { written: Record<string, string> | null }).written ?? {}
  } catch {
    return {}
  }
}

/**
 * Writes the files of an exploration beside its journal, and removes those that an exploration before wrote there and this one does not.
 * @throws InputError when one cannot be written
 */
export const writeFound = (
  journal: string,
  files: readonly { readonly path: string; readonly text: string }[],
): void => {
  const folder = dirname(journal)
  const before = writtenBefore(journal)
  const written = Object.fromEntries(files.map(({ path, text }) => [path, hashOf(text)]))
  // Told first: a kill in between leaves no file that the journal does not know.
  appendText(journal, `${JSON.stringify({ written })}\n`)
  for (const { path, text } of files) writeInFolder(folder, path, text)
  for (const [path, hash] of before) if (written[path] === undefined) removeWritten(join(folder, path), hash)
}

/** @throws InputError when it cannot be written */
export const writeSearched = (file: string, number: number, searched: Searched): void => {
  appendText(file, `${JSON.stringify({ number, searched }, plain)}\n`)
}

/** @throws InputError for a journal that is not there, or that another request wrote */
export const readJournal = (file: string, work: ExploreWork): ReadonlyMap<number, Searched> => {
  checkNoLink(dirname(file), basename(file))
  if (!isThere(file)) throw new InputError('there is nothing to resume', { file }, 'leave out --resume')
  const text = new TextDecoder().decode(readWhole(file, MOST.data))
  const [head = '', ...lines] = text.split('\n')
  if (head !== headOf(work))
    throw new InputError(
      'it was written by another exploration',
      { file },
      'give the same kernel, board, bound and seed',
    )
  const known = new Map<number, Searched>()
  for (const line of lines) {
    const entry = lineOf(line)
    if (entry?.searched !== undefined) known.set(entry.number, entry.searched)
  }
  // What a kill cut becomes a line of its own, so that the next one is whole.
  if (!text.endsWith('\n')) appendText(file, '\n')
  return known
}

/** undefined for a line that was cut when the exploration was killed. */
const lineOf = (line: string): { readonly number: number; readonly searched?: Searched } | undefined => {
  try {
    return JSON.parse(line, revived) as { number: number; searched?: Searched }
  } catch {
    return undefined
  }
}
