// One pass over a list: the batch loop of the engine takes every stretch of ordinary entries, the op table's own function each
// entry that the loop stops at.
import { type Device, type DmaRange, type EntryPass, has, type KernelFacts, PAGE_SIZE, type SgTable } from '@dmalab/api'
import { lineWork, type Memory } from '@dmalab/memory'

export interface EntryPassParts {
  readonly memory: Memory
  readonly facts: KernelFacts
  readonly device: Device
  /** Single pages are listened to: then every entry goes the per-entry way. */
  readonly pageDetail: boolean
  /** The architecture's code does what its `cache` says: else every entry that is maintained goes to it. */
  readonly doesAsCacheSays: boolean
  emitSummary(summary: CacheSummary): void
}

/** Cache work of a pass. */
export interface CacheSummary {
  readonly op: string
  readonly lines: number
  readonly writtenBack: number
  readonly skippedEntries: number
  readonly skippedLines: number
}

/** Handles the first `nents` entries; `each` handles one and is false where it fails. The value is the first entry not handled. */
export const forEachEntry = (
  parts: EntryPassParts,
  table: SgTable,
  nents: number,
  pass: EntryPass,
  each: (index: number) => boolean,
): number => {
  const { cache } = parts.memory
  const before = cache.counters()
  const batch = pass.batch && !parts.pageDetail && (parts.doesAsCacheSays || pass.maintain === 'none')
  let skippedEntries = 0
  let skippedLines = 0
  let done = 0
  const loop = (count: number): boolean => {
    const result = runBatch(parts, table, pass, done, count)
    skippedEntries += result.skippedEntries
    skippedLines += result.skippedLines
    done = result.next
    return result.finished
  }
  while (done < nents) {
    if (batch && loop(nents - done)) break
    // Skipped entries are counted by the loop, which leaves them alone.
    if (pass.skip.bits !== 0 && has(table.entry(done).attrs, pass.skip.bits)) loop(1)
    else if (each(done)) done++
    else break
  }
  if (skippedEntries > 0 && pass.assign && parts.facts.sgDmaLength) setLengths(table, done, pass.skip.dmaLength)
  if (pass.summary !== null) {
    const after = cache.counters()
    parts.emitSummary({
      op: pass.summary,
      lines: after.lines - before.lines,
      writtenBack: after.writtenBack - before.writtenBack,
      skippedEntries,
      // A device that snoops had no line to lose.
      skippedLines: parts.device.facts.coherent ? 0 : skippedLines,
    })
  }
  return done
}

interface BatchResult {
  /** First entry not handled. */
  readonly next: number
  readonly finished: boolean
  readonly skippedEntries: number
  readonly skippedLines: number
}

/**
 * One call of the engine: cache maintenance, bus address, reach and DMA fields of entries from `from` on; stops at the first that
 * needs the per-entry way. What it did is added to the counters of the cache operations.
 */
const runBatch = (
  { memory, facts, device }: EntryPassParts,
  table: SgTable,
  pass: EntryPass,
  from: number,
  entries: number,
): BatchResult => {
  const { dir, maintain } = pass
  const { cache, highmem } = facts.arch
  // Which highmem pages have a mapping now differs page by page: the caller asks for each; here only skipped entries are counted.
  const pageByPage = maintain !== 'none' && memory.cache.aliasing && memory.kmaps > 0
  const count = pageByPage ? leadingSkipped(table, pass.skip.bits, from, entries) : entries
  const run = {
    from,
    count,
    maintain: maintain === 'none' ? ('none' as const) : lineWork(facts, maintain, dir),
    side: maintain === 'unmap' ? ('cpu' as const) : ('device' as const),
    skipAttrs: pass.skip.bits,
    needPage: maintain !== 'none',
    // A pass over pages that assigns nothing has no bus address to do with.
    ranges: pass.assign || pass.byBusAddress ? rangesOf(device.facts.dmaRanges ?? [], facts) : [],
    busBits: facts.dmaAddrSize === 4 ? (32 as const) : (64 as const),
    ...(highmem ? { highmemPfn: Math.floor(memory.layout.lowmemEnd / PAGE_SIZE) } : {}),
    innerOnHighmem: !memory.cache.aliasing,
    byBusAddress: pass.byBusAddress,
    byDmaLength: pass.byDmaLength && facts.sgDmaLength,
    code: cache.invalidatesTwice ? ('old' as const) : ('new' as const),
    markPagesClean: maintain === 'unmap' && cache.marksClean !== 'nothing',
  }
  const sg = memory.hot.sg
  const limit = Math.min(device.dmaMask, device.facts.busLimit ?? Infinity)
  const result = pass.assign
    ? sg.map(table.handle, pass.checkReach ? { limit, ...run } : run)
    : sg.maintain(table.handle, run)
  memory.cache.count(result)
  const { next, skippedEntries, skippedLines } = result
  return { next, finished: result.stopped === 'done' && count === entries, skippedEntries, skippedLines }
}

/** Skipped entries that have the bits got their dma_length before the loop saw that it must leave them alone. */
const setLengths = (table: SgTable, count: number, bits: number): void => {
  for (let i = 0; i < count; i++) {
    const { attrs, dmaAddress, length } = table.entry(i)
    if (has(attrs, bits)) table.setDma(i, dmaAddress, length)
  }
}

const leadingSkipped = (table: SgTable, skip: number, from: number, count: number): number => {
  let n = 0
  while (n < count && has(table.entry(from + n).attrs, skip)) n++
  return n
}

/** Windows in pages; a kernel with one offset uses that of the first window everywhere. */
const rangesOf = (ranges: readonly DmaRange[], facts: KernelFacts) => {
  const [first] = ranges
  if (first === undefined) return []
  if (facts.busWindows === 'one-offset') return [{ firstPfn: 0, endPfn: 2 ** 32 - 1, busOffset: first.bus - first.cpu }]
  return ranges.map((r) => ({
    firstPfn: Math.floor(r.cpu / PAGE_SIZE),
    endPfn: Math.floor((r.cpu + r.len) / PAGE_SIZE),
    busOffset: r.bus - r.cpu,
  }))
}
