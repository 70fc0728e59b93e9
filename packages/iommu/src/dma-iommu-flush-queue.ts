// The flush queue of a lazy domain (one CPU): freed ranges wait until the TLB has forgotten them all at once.
import { IovaCache } from './iova-rcache.ts'

export interface FlushQueueOptions {
  /** Slots of the ring, a power of two; one always stays empty. */
  readonly slots: number
  readonly timeoutMs: number
}

/** iommu.strict=0: 256 slots a CPU, 10 ms. */
export const LAZY_DEFAULT: FlushQueueOptions = { slots: 256, timeoutMs: 10 }
/** Domains that flush by shadow: one ring, 1 s. */
export const LAZY_SHADOW: FlushQueueOptions = { slots: 32768, timeoutMs: 1000 }

interface Waiting {
  readonly pfn: number
  readonly pages: number
  /** Flushes begun when it was queued: a later one covers it. */
  readonly flush: number
}

export class FlushQueue {
  private readonly options: FlushQueueOptions
  private readonly cache: IovaCache
  private readonly flushAll: () => void
  private readonly ring: Waiting[] = []
  /** Milliseconds until the timer fires; undefined = not armed. */
  private timer: number | undefined
  private begun = 0
  private finished = 0

  constructor(options: FlushQueueOptions, cache: IovaCache, flushAll: () => void) {
    this.options = options
    this.cache = cache
    this.flushAll = flushAll
  }

  get state(): { readonly queued: number; readonly begun: number; readonly finished: number; readonly armed: boolean } {
    return { queued: this.ring.length, begun: this.begun, finished: this.finished, armed: this.timer !== undefined }
  }

  /** Pfns that wait. */
  get pages(): number {
    return this.ring.reduce((sum, { pages }) => sum + IovaCache.taken(pages), 0)
  }

  /** Models: Linux v6.12 drivers/iommu/dma-iommu.c: queue_iova */
  queue(pfn: number, pages: number): void {
    this.release()
    if (this.ring.length === this.options.slots - 1) {
      this.flush()
      this.release()
    }
    this.ring.push({ pfn, pages, flush: this.begun })
    this.timer ??= this.options.timeoutMs
  }

  /** Time passes; the timer fires at most once. Models: Linux v6.12 drivers/iommu/dma-iommu.c: fq_flush_timeout */
  pass(ms: number): void {
    if (this.timer === undefined) return
    this.timer -= ms
    if (this.timer > 0) return
    this.timer = undefined
    this.flush()
    this.release()
  }

  // Models: Linux v6.12 drivers/iommu/dma-iommu.c: fq_flush_iotlb
  private flush(): void {
    this.begun++
    this.flushAll()
    this.finished++
  }

  // Models: Linux v6.12 drivers/iommu/dma-iommu.c: fq_ring_free_locked
  private release(): void {
    for (let next = this.ring[0]; next !== undefined && next.flush < this.finished; next = this.ring[0]) {
      this.ring.shift()
      this.cache.free(next.pfn, next.pages)
    }
  }
}
