// The passes of dma-iommu over a whole scatterlist, one call each: prepare, map, then finalise or restore.
import { high32, type IoEngine, low32, type U64 } from './io-engine.ts'
import type { PageTable } from './page-table.ts'

/** What a device's segments must keep to. */
interface SegmentLimits {
  /** They do not cross multiples of this mask plus one. */
  readonly boundary: U64
  /** Bytes. */
  readonly maxSize: number
}

export class DmaLists {
  private readonly engine: IoEngine

  constructor(engine: IoEngine) {
    this.engine = engine
  }

  /** Widens the entries to whole granules; returns the bytes they need, or undefined for a list that cannot be mapped. */
  prepare(list: number, count: number, granule: number, boundary: U64): number | undefined {
    const failed = this.engine.wasm.dmaSgPrepare(list, count, granule, high32(boundary), low32(boundary))
    return failed === 0 ? this.engine.result : undefined
  }

  /** Is every entry one whole page of `granule` bytes? Such a list goes without prepare, and its last pass is finalisePages. */
  pages(list: number, count: number, granule: number, limits: SegmentLimits): boolean {
    if (limits.maxSize < granule) return false
    return Boolean(this.engine.wasm.dmaSgPages(list, count, granule, low32(limits.boundary)))
  }

  finalisePages(
    list: number,
    count: number,
    granule: number,
    iova: number,
    { boundary, maxSize }: SegmentLimits,
  ): number {
    return this.engine.wasm.dmaSgFinalisePages(
      list,
      count,
      granule,
      high32(iova),
      low32(iova),
      high32(boundary),
      low32(boundary),
      maxSize,
    )
  }

  /** Takes back what prepare did. */
  restore(list: number, count: number): void {
    this.engine.wasm.dmaSgRestore(list, count)
  }

  /** Maps a list from `iova` on: one that prepare has widened, or one of whole pages. 0, or a negative errno when nothing of it is mapped. */
  map(table: PageTable, list: number, count: number, iova: number, prot: number, kind: 'prepared' | 'pages'): number {
    const pages = kind === 'pages' ? 1 : 0
    return this.engine.wasm.dmaSgMap(table.record, list, count, high32(iova), low32(iova), prot, pages)
  }

  /** Joins entries to the segments that the device sees; returns how many there are. */
  finalise(list: number, count: number, iova: number, limits: SegmentLimits, fixLimit: boolean): number {
    const { boundary, maxSize } = limits
    return this.engine.wasm.dmaSgFinalise(
      list,
      count,
      high32(iova),
      low32(iova),
      high32(boundary),
      low32(boundary),
      maxSize,
      fixLimit ? 1 : 0,
    )
  }

  /** First byte of a mapped list, and the first one behind it, modulo 2^64. */
  extent(list: number, count: number): { readonly start: bigint; readonly end: bigint } {
    this.engine.wasm.dmaSgExtent(list, count)
    return { start: this.engine.resultBig, end: this.engine.result2Big }
  }
}
