// Splitting a scatterlist by byte counts, with what the kernel's counting gets wrong.
import { dma, fail, type KResult, ok, type SgEntry, type SgSplit, type SgTable } from '@dmalab/api'
import type { SgAllocator } from './sg-pages.ts'

/** One output list while it is planned: the first source entry, how many, what to skip in the first, how long the last is. */
interface Splitter {
  first: number
  nents: number
  skip: number
  lastLength: number
}

/**
 * Skips `skip` bytes of the list, then one list per element of `sizes`. `mappedNents`: entries that dma_map_sg() returned, or 0.
 * `fixed`: stop with the last list. EINVAL when the bytes do not suffice; ENOMEM. Entries are copied whole, so attributes that a patch put there come along.
 * Models: Linux v6.12 lib/sg_split.c: sg_split
 */
export const sgSplit = (
  allocator: SgAllocator,
  table: SgTable,
  mappedNents: number,
  skip: number,
  sizes: readonly number[],
  fixed: boolean,
): KResult<SgSplit> => {
  const entries = table.entries()
  const plan = calculateSplit(entries, skip, sizes, (e) => e.length, fixed)
  if (plan === undefined) return fail('EINVAL', `the list has fewer bytes than ${skip} and ${sizes.join(' + ')}`)
  const mapped = mappedNents > 0 ? entries.slice(0, mappedNents) : []
  const mappedPlan =
    mappedNents > 0 ? calculateSplit(mapped, skip, sizes, (e) => e.dmaLength, fixed) : { splitters: [] }
  if (mappedPlan === undefined)
    return fail('EINVAL', `the mapped list has fewer bytes than ${skip} and ${sizes.join(' + ')}`)

  const tables: SgTable[] = []
  let overrun = 0
  for (const [i, splitter] of plan.splitters.entries()) {
    const mappedSplitter = mappedPlan.splitters[i]
    const made = allocator.sgAlloc(Math.max(splitter.nents, mappedSplitter?.nents ?? 0))
    if (!made.ok) {
      for (const t of tables) allocator.sgFree(t)
      return made
    }
    splitPhys(made.value, entries, splitter)
    if (mappedSplitter !== undefined) {
      splitMapped(made.value, mapped, mappedSplitter)
      overrun += Math.max(0, mappedSplitter.nents - splitter.nents)
    }
    made.value.origNents = splitter.nents
    made.value.nents = mappedSplitter?.nents ?? 0
    tables.push(made.value)
  }
  return ok({ tables, miscounted: plan.miscounted, overrun })
}

/**
 * The kernel's loop, its counter included: `left` drops below zero when the last list ends inside an entry, and the test that
 * should end the loop compares with zero only. Undefined: not enough bytes.
 * Models: Linux v6.12 lib/sg_split.c: sg_calculate_split
 */
const calculateSplit = (
  entries: readonly SgEntry[],
  skipBytes: number,
  sizes: readonly number[],
  lengthOf: (entry: SgEntry) => number,
  fixed: boolean,
): { splitters: readonly Splitter[]; miscounted: boolean } | undefined => {
  const splitters: Splitter[] = sizes.map(() => ({ first: -1, nents: 0, skip: 0, lastLength: 0 }))
  let current = 0
  let left = sizes.length
  let skip = skipBytes
  let size = sizes[0] ?? 0
  let miscounted = false
  const take = (index: number, room: number): number => {
    const splitter = splitters[current]
    if (splitter === undefined) throw new Error('no output list')
    const len = Math.min(size, room)
    if (splitter.first < 0) Object.assign(splitter, { first: index, skip })
    splitter.nents += 1
    splitter.lastLength = len
    size -= len
    return len
  }
  const nextList = (): void => {
    current += 1
    size = sizes[current] ?? 0
  }
  for (const [index, entry] of entries.entries()) {
    const length = lengthOf(entry)
    if (skip > length) {
      skip -= length
      continue
    }
    miscounted ||= left < 0
    let len = take(index, length - skip)
    while (size === 0 && skip + len < length && --left > 0) {
      nextList()
      skip += len
      len = take(index, length - skip)
    }
    skip = 0
    if (size === 0 && --left > 0) nextList()
    if (left === 0 || (fixed && left < 0)) break
  }
  return size > 0 || (splitters[0]?.first ?? -1) < 0 ? undefined : { splitters, miscounted }
}

/** Models: Linux v6.12 lib/sg_split.c: sg_split_phys */
const splitPhys = (out: SgTable, entries: readonly SgEntry[], { first, nents, skip, lastLength }: Splitter): void => {
  for (let j = 0; j < nents; j++) {
    const source = entries[first + j]
    if (source === undefined) throw new Error('a planned entry is missing')
    const length = j === nents - 1 ? lastLength : source.length - (j === 0 ? skip : 0)
    out.setPage(j, source.page, length, j === 0 ? source.offset + skip : source.offset)
    out.setAttrs(j, source.attrs)
    out.setDma(j, dma(0), 0)
  }
}

/** Models: Linux v6.12 lib/sg_split.c: sg_split_mapped */
const splitMapped = (out: SgTable, entries: readonly SgEntry[], { first, nents, skip, lastLength }: Splitter): void => {
  for (let j = 0; j < nents; j++) {
    const source = entries[first + j]
    if (source === undefined) throw new Error('a planned entry is missing')
    const length = j === nents - 1 ? lastLength : source.dmaLength - (j === 0 ? skip : 0)
    out.setDma(j, dma(source.dmaAddress + (j === 0 ? skip : 0)), length)
  }
}
