// The per-CPU cache in front of the allocator (one CPU): magazines of freed pfns by size class, full ones in a depot.
// Cached pfns stay allocated in the domain; only a flush or the depot's worker gives them back.
import type { IovaDomain } from '@dmalab/hot'

/** Size classes 1, 2, 4 ... 32 pfns. */
export const IOVA_CLASSES = 6
const LARGEST = 2 ** (IOVA_CLASSES - 1)
const MAGAZINE = 127
const DEPOT_DELAY_MS = 100

/** One size class: stacks of pfns, the top at the end. */
export interface IovaClass {
  loaded: number[]
  prev: number[]
  readonly depot: number[][]
  /** Milliseconds until the worker runs; undefined = not armed. */
  worker: number | undefined
}

export class IovaCache {
  readonly domain: IovaDomain
  readonly classes: readonly IovaClass[]
  private readonly onlineCpus: number

  constructor(domain: IovaDomain, onlineCpus = 1) {
    this.domain = domain
    this.onlineCpus = onlineCpus
    this.classes = Array.from({ length: IOVA_CLASSES }, () => ({ loaded: [], prev: [], depot: [], worker: undefined }))
  }

  /**
   * Allocates `size` pfns, none above `limit`. With `flush`, all caches are emptied and the request tried once more before
   * it fails. Sizes below 32 are rounded up to a power of two.
   *
   * Models: Linux v6.12 drivers/iommu/iova.c: alloc_iova_fast
   */
  alloc(size: number, limit: number, flush: boolean): number | undefined {
    const rounded = IovaCache.taken(size)
    const cached = this.get(rounded, limit + 1)
    if (cached !== undefined) return cached
    const pfn = this.domain.alloc(rounded, limit, true)
    if (pfn !== undefined || !flush) return pfn
    this.flush()
    return this.domain.alloc(rounded, limit, true)
  }

  /** alloc(1, limit) where the pfn that was freed last will do; -1: it will not, and nothing was done. */
  takeOne(limit: number): number {
    const { loaded } = this.classes[0]!
    const top = loaded.length - 1
    if (top < 0 || loaded[top]! > limit) return -1
    return loaded.pop()!
  }

  /** Undoes takeOne(). */
  giveBackOne(pfn: number): void {
    this.classes[0]!.loaded.push(pfn)
  }

  /** Frees with the size that was asked for. Models: Linux v6.12 drivers/iommu/iova.c: free_iova_fast */
  free(pfn: number, size: number): void {
    const cls = this.classes[orderOf(size)]
    if (cls === undefined) this.domain.free(pfn)
    else this.put(cls, pfn)
  }

  /** Pfns that callers hold. */
  get live(): number {
    const cached = this.classes.reduce(
      (sum, { loaded, prev, depot }, order) =>
        sum + (loaded.length + prev.length + depot.length * MAGAZINE) * 2 ** order,
      0,
    )
    return this.domain.ranges().reduce((sum, { lo, hi }) => sum + hi - lo + 1, 0) - cached
  }

  /** Pfns that a request of `size` takes. */
  static taken(size: number): number {
    return size < LARGEST ? 2 ** orderOf(size) : size
  }

  /**
   * Pfns of a range taken for `asked` that stay taken when it comes back as one of `freed`: its class holds it as shorter than it is.
   * What is too long for a class goes back whole.
   */
  static lost(asked: number, freed: number): number {
    const order = orderOf(freed)
    return order === IOVA_CLASSES ? 0 : IovaCache.taken(asked) - 2 ** order
  }

  /** Time passes: armed depot workers whose delay is over run once each, in order of size class; returns how many ran. */
  pass(ms: number): number {
    const due = this.classes.filter((cls) => cls.worker !== undefined && cls.worker <= ms)
    for (const cls of this.classes) if (cls.worker !== undefined) cls.worker -= ms
    for (const cls of due) this.work(cls)
    return due.length
  }

  /**
   * Gives every cached pfn back to the domain.
   *
   * Models: Linux v6.12 drivers/iommu/iova.c: free_cpu_cached_iovas
   * Models: Linux v6.12 drivers/iommu/iova.c: free_global_cached_iovas
   */
  flush(): void {
    for (const cls of this.classes) {
      this.release(cls.loaded.splice(0))
      this.release(cls.prev.splice(0))
    }
    for (const cls of this.classes)
      for (let full = cls.depot.pop(); full !== undefined; full = cls.depot.pop()) this.release(full)
  }

  // Models: Linux v6.12 drivers/iommu/iova.c: __iova_rcache_get
  private get(size: number, end: number): number | undefined {
    const cls = this.classes[orderOf(size)]
    if (cls === undefined) return undefined
    if (cls.loaded.length === 0) {
      if (cls.prev.length > 0) [cls.loaded, cls.prev] = [cls.prev, cls.loaded]
      else cls.loaded = cls.depot.pop() ?? cls.loaded
    }
    return pop(cls.loaded, end - size)
  }

  // Models: Linux v6.12 drivers/iommu/iova.c: __iova_rcache_insert
  private put(cls: IovaClass, pfn: number): void {
    if (cls.loaded.length === MAGAZINE) {
      if (cls.prev.length < MAGAZINE) {
        ;[cls.loaded, cls.prev] = [cls.prev, cls.loaded]
      } else {
        cls.depot.push(cls.loaded)
        cls.worker ??= DEPOT_DELAY_MS
        cls.loaded = []
      }
    }
    cls.loaded.push(pfn)
  }

  // Models: Linux v6.12 drivers/iommu/iova.c: iova_depot_work_func
  private work(cls: IovaClass): void {
    cls.worker = undefined
    if (cls.depot.length <= this.onlineCpus) return
    this.release(cls.depot.pop()!)
    cls.worker = DEPOT_DELAY_MS
  }

  private release(pfns: readonly number[]): void {
    for (const pfn of pfns) this.domain.free(pfn)
  }
}

/** The first pfn from the top that is not above `highest`; the top takes its place. */
function pop(stack: number[], highest: number): number | undefined {
  for (let i = stack.length - 1; i >= 0; i--) {
    const pfn = stack[i]!
    if (pfn > highest) continue
    stack[i] = stack[stack.length - 1]!
    stack.pop()
    return pfn
  }
  return undefined
}

/** ceil(log2 size); beyond the classes for every size that none holds. */
const orderOf = (size: number): number => (size <= LARGEST ? 32 - Math.clz32(size - 1) : IOVA_CLASSES)
