// Which work took the long way: what the engine counts there, and nowhere else.
import * as L from '../assembly/shared/layout.ts'
import type { LinearMemory } from './linear-memory.ts'

/** By what layout.ts calls them. */
const KINDS = {
  pass: L.LONG_PASS,
  entry: L.LONG_ENTRY,
  single: L.LONG_SINGLE,
  maintenance: L.LONG_MAINTENANCE,
  section: L.LONG_SECTION,
  word: L.LONG_WORD,
  page: L.LONG_PAGE,
  fill: L.LONG_FILL,
  copy: L.LONG_COPY,
  set: L.LONG_SET,
  bytes: L.LONG_BYTES,
  reset: L.LONG_RESET,
  slots: L.LONG_SLOTS,
  alloc: L.LONG_ALLOC,
  free: L.LONG_FREE,
  walk: L.LONG_WALK,
  chunk: L.LONG_CHUNK,
  leaf: L.LONG_LEAF,
  table: L.LONG_TABLE,
  tableEntry: L.LONG_TABLE_ENTRY,
  pages: L.LONG_PAGES,
} as const

/** Amounts of work; a kind without any is left out. */
export type LongWays = Readonly<Partial<Record<keyof typeof KINDS, number>>>

/** What took the long way since this was last asked, or the machine was made or started again. */
export function takeLongWays({ u32 }: LinearMemory): LongWays {
  const first = (L.HEADER_BASE + L.H_LONG_WAYS) / 4
  const amounts = Object.entries(KINDS).map(([kind, at]) => [kind, u32[first + at]])
  u32.fill(0, first, first + amounts.length)
  return Object.fromEntries(amounts.filter(([, amount]) => amount !== 0)) as LongWays
}
