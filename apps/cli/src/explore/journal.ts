// What an exploration came to so far, one JSON line a configuration: an interrupted one goes on from there.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { InputError } from '@dmalab/api'
import type { ExploreWork, Searched } from '@dmalab/lab'

/** A configuration is a Map: JSON holds its pairs. */
const plain = (_key: string, value: unknown): unknown => (value instanceof Map ? { pairs: [...value] } : value)
const revived = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'pairs' in value ? new Map(value.pairs as [string, string][]) : value

export const writeHead = (file: string, work: ExploreWork): void =>
  appendFileSync(file, `${JSON.stringify({ work })}\n`)

export const writeSearched = (file: string, number: number, searched: Searched): void =>
  appendFileSync(file, `${JSON.stringify({ number, searched }, plain)}\n`)

/** @throws InputError for a journal that is not there, or that another request wrote */
export const readJournal = (file: string, work: ExploreWork): ReadonlyMap<number, Searched> => {
  if (!existsSync(file)) throw new InputError('there is nothing to resume', { file }, 'leave out --resume')
  const [head = '', ...lines] = readFileSync(file, 'utf8').split('\n')
  if (head !== JSON.stringify({ work }))
    throw new InputError('it was written by another exploration', { file }, 'give the same kernel, bound and seed')
  const known = new Map<number, Searched>()
  for (const line of lines) {
    const entry = lineOf(line)
    if (entry !== undefined) known.set(entry.number, entry.searched)
  }
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
