// What an exploration came to so far, one JSON line a configuration: an interrupted one goes on from there.
import { InputError } from '@dmalab/api'
import { MOST, readWhole } from '@dmalab/api/node'
import type { ExploreWork, Searched } from '@dmalab/lab'
import { isThere } from '../paths.ts'
import { appendText, writeInFolder } from '../write-file.ts'

/** A configuration is a Map: JSON holds its pairs. Kernel addresses of a board are big integers. */
const plain = (_key: string, value: unknown): unknown =>
  value instanceof Map ? { pairs: [...value] } : typeof value === 'bigint' ? `0x${value.toString(16)}` : value
const revived = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'pairs' in value ? new Map(value.pairs as [string, string][]) : value

const headOf = (work: ExploreWork): string => JSON.stringify({ work }, plain)

/** Begins the journal anew. @throws InputError when it cannot be written */
export const writeHead = (file: string, work: ExploreWork): void => {
  writeInFolder(file, `${headOf(work)}\n`)
}

/** @throws InputError when it cannot be written */
export const writeSearched = (file: string, number: number, searched: Searched): void => {
  appendText(file, `${JSON.stringify({ number, searched }, plain)}\n`)
}

/** @throws InputError for a journal that is not there, or that another request wrote */
export const readJournal = (file: string, work: ExploreWork): ReadonlyMap<number, Searched> => {
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
    if (entry !== undefined) known.set(entry.number, entry.searched)
  }
  // What a kill cut becomes a line of its own, so that the next one is whole.
  if (!text.endsWith('\n')) appendText(file, '\n')
  return known
}

/** undefined for a line that was cut when the exploration was killed. */
const lineOf = (line: string): { readonly number: number; readonly searched: Searched } | undefined => {
  try {
    return JSON.parse(line, revived) as { number: number; searched: Searched }
  } catch {
    return undefined
  }
}
