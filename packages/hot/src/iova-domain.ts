// I/O virtual address space of one domain: which bus addresses are taken, and which one a request gets.
import * as V from '../assembly/shared/iova-layout.ts'
import { high32, type IoEngine, low32, type U64 } from './io-engine.ts'

/** A range of page frame numbers, both ends included. */
export interface IovaRange {
  readonly lo: number
  readonly hi: number
}

export class IovaDomain {
  /** Bytes of one pfn. */
  readonly granule: number
  /** Lowest pfn ever handed out. */
  readonly start: number
  /** First pfn at or above 4 GiB. */
  readonly dma32Pfn: number
  private readonly engine: IoEngine
  private readonly wasm: IoEngine['wasm']
  private readonly domain: number

  /** Models: Linux v6.12 drivers/iommu/iova.c: init_iova_domain */
  constructor(engine: IoEngine, granule: number, start: number) {
    this.engine = engine
    this.wasm = engine.wasm
    this.granule = granule
    this.start = start
    this.dma32Pfn = 2 ** 32 / granule
    this.domain = engine.wasm.tableTake(V.IV_ORDER)
    engine.wasm.iovaOpen(this.domain, start, this.dma32Pfn)
  }

  /**
   * Allocates `size` pfns, none above `limit` (inclusive). Undefined = no room.
   *
   * Models: Linux v6.12 drivers/iommu/iova.c: alloc_iova
   */
  alloc(size: number, limit: number, aligned: boolean): number | undefined {
    const pfn = this.wasm.iovaAlloc(this.domain, size, limit, aligned ? 1 : 0)
    return pfn < 0 ? undefined : pfn
  }

  /** Frees the range that contains pfn; false when there is none. Models: Linux v6.12 drivers/iommu/iova.c: free_iova */
  free(pfn: number): boolean {
    return Boolean(this.wasm.iovaFree(this.domain, pfn))
  }

  /** Returns the range that the kernel answers with. Models: Linux v6.12 drivers/iommu/iova.c: reserve_iova */
  reserve(lo: number, hi: number): IovaRange {
    this.wasm.iovaReserve(this.domain, lo, hi)
    return this.answer()
  }

  /** The range that contains pfn. Models: Linux v6.12 drivers/iommu/iova.c: find_iova */
  find(pfn: U64): IovaRange | undefined {
    return this.wasm.iovaFind(this.domain, high32(pfn), low32(pfn)) ? this.answer() : undefined
  }

  /** All ranges, ascending. */
  ranges(): IovaRange[] {
    const all: IovaRange[] = []
    for (let pfn = 0; this.wasm.iovaNext(this.domain, pfn);) {
      const range = this.answer()
      all.push(range)
      pfn = range.hi + 1
    }
    return all
  }

  /** The smallest request below 4 GiB that is known to fail. */
  get max32AllocSize(): number {
    const at = this.domain + V.IV_M32
    return this.engine.view.getUint32(at + 4, true) * 2 ** 32 + this.engine.view.getUint32(at, true)
  }

  /** Gives the memory back. The object must not be used afterwards. */
  close(): void {
    this.wasm.iovaClose(this.domain)
    this.wasm.tableGive(this.domain, V.IV_ORDER)
  }

  private answer(): IovaRange {
    return { lo: this.engine.result, hi: this.engine.result2 }
  }
}
