// Physical pages: a deterministic first-fit allocator with the buddy allocator's alignment and order limit, and CMA areas.
// Leaves out: zones' watermarks, per-CPU lists, migration; placement is ours, only alignment and limits are the kernel's.
import {
  type AllocOptions,
  bytes,
  fail,
  hex,
  type KResult,
  ok,
  orderOf,
  PAGE_SIZE,
  type Pfn,
  type Range,
} from '@dmalab/api'
import { Intervals } from './intervals.ts'

/** Largest buddy block: order 10, 4 MiB. Models: Linux v6.12 include/linux/mmzone.h: MAX_PAGE_ORDER */
export const MAX_ORDER_BYTES = PAGE_SIZE * 2 ** 10
/** Kernel image, page tables and early allocations at the start of memory. */
const KERNEL_BYTES = 32 * 2 ** 20

export interface AllocatorLayout {
  /** Managed RAM, ascending. */
  readonly managed: readonly Range[]
  readonly reserved: readonly (Range & { readonly cma: boolean })[]
  readonly lowmemEnd: number
}

export class PageAllocator {
  private readonly layout: AllocatorLayout
  private free = new Intervals<true>()
  private cma = new Intervals<true>()

  constructor(layout: AllocatorLayout) {
    this.layout = layout
    for (const bank of layout.managed) this.free.set(bank.base, bank.len, true)
    for (const region of layout.reserved) this.free.delete(region.base, region.len)
    const first = layout.managed[0]
    if (first !== undefined) this.free.delete(first.base, Math.min(KERNEL_BYTES, first.len / 2))
    for (const region of layout.reserved) if (region.cma) this.cma.set(region.base, region.len, true)
  }

  /** alloc_pages: ENOMEM above the largest order or when no block fits. */
  pages(len: number, options: AllocOptions = {}): KResult<Pfn> {
    const block = PAGE_SIZE * 2 ** orderOf(len)
    if (block > MAX_ORDER_BYTES)
      return fail('ENOMEM', `${bytes(len)} is more than the largest buddy block (${bytes(MAX_ORDER_BYTES)})`)
    const top = options.highmem === true ? Infinity : this.layout.lowmemEnd - 1
    const limit = Math.min(options.limit ?? Infinity, top)
    return this.take(this.free, len, Math.max(block, options.align ?? 0), limit, options.above)
  }

  /** Memory that the kernel takes while it boots: no order limit, never given back. ENOMEM. Models: Linux v6.12 mm/memblock.c: memblock_alloc */
  boot(len: number, options: AllocOptions = {}): KResult<Pfn> {
    return this.take(this.free, len, Math.max(PAGE_SIZE, options.align ?? 0), options.limit ?? Infinity)
  }

  freePages(pfn: Pfn, len: number): void {
    this.free.set(pfn * PAGE_SIZE, Math.ceil(len / PAGE_SIZE) * PAGE_SIZE, true)
    this.free = merged(this.free)
  }

  get hasCma(): boolean {
    return this.layout.reserved.some((region) => region.cma)
  }

  /** cma_alloc: aligned to the request's order, at most to 256 pages (CONFIG_CMA_ALIGNMENT 8). ENOMEM. */
  contiguous(len: number, options: AllocOptions = {}): KResult<Pfn> {
    if (!this.hasCma) return this.pages(len, options)
    const align = Math.max(PAGE_SIZE * 2 ** Math.min(8, orderOf(len)), options.align ?? 0)
    return this.take(this.cma, len, align, options.limit ?? Infinity)
  }

  freeContiguous(pfn: Pfn, len: number): void {
    if (!this.hasCma) return this.freePages(pfn, len)
    this.cma.set(pfn * PAGE_SIZE, Math.ceil(len / PAGE_SIZE) * PAGE_SIZE, true)
    this.cma = merged(this.cma)
  }

  private take(from: Intervals<true>, len: number, align: number, limit: number, above = 0): KResult<Pfn> {
    const size = Math.ceil(len / PAGE_SIZE) * PAGE_SIZE
    for (const range of from.all()) {
      const base = Math.ceil(Math.max(range.base, above) / align) * align
      if (base + size <= range.end && base + size - 1 <= limit) {
        from.delete(base, size)
        return ok((base / PAGE_SIZE) as Pfn)
      }
    }
    const place = [
      ...(above === 0 ? [] : [` from ${hex(above)} on`]),
      ...(limit === Infinity ? [] : [` below ${hex(limit)}`]),
    ]
    return fail('ENOMEM', `no ${bytes(len)} of contiguous memory${place.join('')}`)
  }
}

/** Joins ranges that touch, so that a later request can span them. */
const merged = (ranges: Intervals<true>): Intervals<true> => {
  const joined = new Intervals<true>()
  let open: { base: number; end: number } | undefined
  for (const range of ranges.all()) {
    if (open !== undefined && open.end === range.base) open.end = range.end
    else {
      if (open !== undefined) joined.set(open.base, open.end - open.base, true)
      open = { base: range.base, end: range.end }
    }
  }
  if (open !== undefined) joined.set(open.base, open.end - open.base, true)
  return joined
}
