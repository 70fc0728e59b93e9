// The batch loop over a scatterlist: one hot call does what the per-entry operation of an op table would do for each entry.
import {
  type Device,
  type DmaRange,
  has,
  type KernelFacts,
  PAGE_SIZE,
  type SgLoopOptions,
  type SgLoopResult,
  type SgTable,
} from '@dmalab/api'
import { lineWork, type Memory } from '@dmalab/memory'

/**
 * Cache maintenance, bus address, reach and DMA fields of entries from `options.from` on; stops at the first that needs the
 * per-entry way. What it did is added to the counters of the cache operations; the caller tells the summary.
 */
export const sgLoop = (
  memory: Memory,
  facts: KernelFacts,
  device: Device,
  table: SgTable,
  options: SgLoopOptions,
): SgLoopResult => {
  const { from, dir, maintain } = options
  // Which highmem pages have a mapping now differs page by page: the caller asks for each; here only tagged entries are counted.
  const pageByPage = maintain !== 'none' && memory.cache.aliasing && memory.kmaps > 0
  const count = pageByPage ? tagged(table, options) : options.count
  const run = {
    from,
    count,
    maintain: maintain === 'none' ? ('none' as const) : lineWork(facts, maintain, dir),
    side: maintain === 'unmap' ? ('cpu' as const) : ('device' as const),
    skipAttrs: options.skip,
    needPage: options.needPage,
    ranges: rangesOf(device.facts.dmaRanges ?? [], facts),
    busBits: facts.dmaAddrSize === 4 ? (32 as const) : (64 as const),
    ...(facts.arch === 'arm' ? { highmemPfn: Math.floor(memory.layout.lowmemEnd / PAGE_SIZE) } : {}),
    innerOnHighmem: !memory.cache.aliasing,
    byBusAddress: options.byBusAddress === true,
    byDmaLength: options.byDmaLength === true && facts.sgDmaLength,
    code: facts.v7InvalidatesTwice === true ? ('old' as const) : ('new' as const),
    markPagesClean: maintain === 'unmap' && facts.cacheHooks === 'arm-v7',
  }
  const sg = memory.hot.sg
  const result = options.assign
    ? sg.map(table.handle, {
        ...run,
        ...(options.checkReach ? { limit: Math.min(device.dmaMask, device.facts.busLimit ?? Infinity) } : {}),
      })
    : sg.maintain(table.handle, run)
  memory.cache.count(result)
  return {
    next: result.next,
    stopped: result.stopped === 'done' && count < options.count ? 'highmem' : result.stopped,
    lines: result.lines,
    writtenBack: result.writtenBack,
    skippedEntries: result.skippedEntries,
    skippedLines: result.skippedLines,
  }
}

/** Entries from `from` on that are left alone. */
const tagged = (table: SgTable, { from, count, skip }: SgLoopOptions): number => {
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
