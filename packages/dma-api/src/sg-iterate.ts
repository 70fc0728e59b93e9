// Walks over scatterlists: page by page, DMA page by DMA page, and the mapping iterator.
import {
  type DmaAddr,
  fail,
  type KResult,
  ok,
  PAGE_SIZE,
  type SgEntry,
  type SgMapping,
  type SgMappingIterator,
  type SgPageStep,
  type SgTable,
} from '@dmalab/api'

/**
 * Pages of the first `nents` entries from page `pgoffset` on. An entry has as many pages as offset and length cover, counted
 * from its page even when the offset passes it.
 * Models: Linux v6.12 lib/scatterlist.c: __sg_page_iter_next
 */
export function* sgPages(table: SgTable, nents: number, pgoffset = 0): Generator<SgPageStep> {
  yield* steps(table, nents, pgoffset, (entry) => entry.offset + entry.length)
}

/**
 * The same over mapped entries. Counts the (unmapped) offset together with the DMA length, and does not round the address.
 * Models: Linux v6.12 lib/scatterlist.c: __sg_page_iter_dma_next, include/linux/scatterlist.h: sg_page_iter_dma_address
 */
export function* sgDmaPages(table: SgTable, nents: number, pgoffset = 0): Generator<DmaAddr> {
  for (const { entry, page } of steps(table, nents, pgoffset, (e) => e.offset + e.dmaLength))
    yield (entry.dmaAddress + page * PAGE_SIZE) as DmaAddr
}

function* steps(
  table: SgTable,
  nents: number,
  pgoffset: number,
  bytes: (entry: SgEntry) => number,
): Generator<SgPageStep> {
  let before = pgoffset
  for (let index = 0; index < Math.min(nents, table.origNents); index++) {
    const entry = table.entry(index)
    const pages = Math.ceil(bytes(entry) / PAGE_SIZE)
    for (let page = before; page < pages; page++) yield { index, entry, page }
    before = Math.max(0, before - pages)
  }
}

/** Entries needed to hold `len` bytes; EINVAL when the list is shorter. Models: Linux v6.12 lib/scatterlist.c: sg_nents_for_len */
export const sgNentsForLen = (table: SgTable, len: number): KResult<number> => {
  if (len === 0) return ok(0)
  let total = 0
  for (let index = 0; index < table.origNents; index++) {
    total += table.entry(index).length
    if (total >= len) return ok(index + 1)
  }
  return fail('EINVAL', `the list holds ${total} bytes, not ${len}`)
}

/** struct sg_mapping_iter. Skips the pages that an entry's offset passes, unlike page iteration. */
export class SgMiter implements SgMappingIterator {
  private readonly table: SgTable
  private left: number
  private index = 0
  private pgoffset = 0
  private advance = 0
  private offset = 0
  private remaining = 0
  /** Bytes offered and not yet given back. */
  private offered: SgMapping | null = null
  private consumed = 0

  /** Models: Linux v6.12 lib/scatterlist.c: sg_miter_start */
  constructor(table: SgTable, nents: number) {
    this.table = table
    this.left = Math.min(nents, table.origNents)
  }

  /** Moves on by `bytes`; false when the list ends before. Models: Linux v6.12 lib/scatterlist.c: sg_miter_skip */
  skip(bytes: number): boolean {
    this.stop()
    for (let left = bytes; left > 0;) {
      if (!this.getNextPage()) return false
      const taken = Math.min(left, this.remaining)
      this.offset += taken
      this.remaining -= taken
      left -= taken
    }
    return true
  }

  /** The next mapping, or null at the end. Models: Linux v6.12 lib/scatterlist.c: sg_miter_next */
  next(): SgMapping | null {
    this.stop()
    if (!this.getNextPage()) return null
    const entry = this.table.entry(this.index)
    this.offered = { entry, page: this.pgoffset, offset: this.offset, length: this.remaining }
    this.consumed = this.remaining
    return this.offered
  }

  /** Says that only `bytes` of what was offered are used; the rest is offered again. */
  consume(bytes: number): void {
    this.consumed = bytes
  }

  /** Models: Linux v6.12 lib/scatterlist.c: sg_miter_stop */
  stop(): void {
    if (this.offered === null) return
    this.offset += this.consumed
    this.remaining -= this.consumed
    this.offered = null
    this.consumed = 0
  }

  /** Models: Linux v6.12 lib/scatterlist.c: sg_miter_get_next_page */
  private getNextPage(): boolean {
    if (this.remaining > 0) return true
    if (!this.nextPage()) return false
    const entry = this.table.entry(this.index)
    const start = this.pgoffset > 0 ? 0 : entry.offset
    this.pgoffset += Math.floor(start / PAGE_SIZE)
    this.offset = start % PAGE_SIZE
    const left = entry.offset + entry.length - this.pgoffset * PAGE_SIZE - this.offset
    this.remaining = Math.min(left, PAGE_SIZE - this.offset)
    return true
  }

  private nextPage(): boolean {
    if (this.left === 0) return false
    this.pgoffset += this.advance
    this.advance = 1
    for (;;) {
      const { offset, length } = this.table.entry(this.index)
      const pages = Math.ceil((offset + length) / PAGE_SIZE)
      if (this.pgoffset < pages) return true
      this.pgoffset -= pages
      this.index += 1
      this.left -= 1
      if (this.left === 0) return false
    }
  }
}
