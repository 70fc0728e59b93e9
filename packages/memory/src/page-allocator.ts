// Physical pages: a deterministic first-fit allocator with the buddy allocator's alignment and order limit, and CMA areas.
// Leaves out: zones' watermarks, per-CPU lists, migration; placement is ours, only alignment and limits are the kernel's.
import {
  type AllocOptions,
  type Arch,
  bytes,
  type EventSink,
  fail,
  hex,
  type KernelFacts,
  type KResult,
  ok,
  orderOf,
  PAGE_SIZE,
  type Pfn,
  type Range,
  type ReservedRegion,
} from '@dmalab/api'
import { CmaAreas, planCma } from './cma-areas.ts'
import { Intervals } from './intervals.ts'

export interface AllocatorLayout {
  /** Managed RAM, ascending. */
  readonly managed: readonly Range[]
  readonly reserved: readonly ReservedRegion[]
  readonly lowmemEnd: number
}

/** How `contiguous` differs from one caller to another. */
export interface ContiguousOptions extends AllocOptions {
  /** Without an event. */
  readonly quiet?: boolean
}

/** CONFIG_CMA_ALIGNMENT: order of the largest alignment, pages. */
const CMA_ALIGNMENT = 8

export class PageAllocator {
  private readonly layout: AllocatorLayout
  private readonly arch: Arch
  /** Bytes of the largest buddy block. Models: Linux v6.12 include/linux/mmzone.h: MAX_PAGE_ORDER */
  private readonly largest: number
  /** Last byte of a ZONE_DMA below 4 GiB that memory does not begin with by chance; -1: there is none. */
  private readonly smallZoneEnd: number
  private readonly injected: (what: string) => boolean
  /** End of the memory that every device of a usual board reaches: a task's pages are taken below. */
  private readonly userTop: number
  private readonly free = new Intervals<true>()
  readonly cma: CmaAreas
  /** totalram_pages at boot, bytes. */
  readonly totalRam: number

  constructor(layout: AllocatorLayout, facts: KernelFacts, sink: EventSink, injected: (what: string) => boolean) {
    this.layout = layout
    this.arch = facts.arch
    this.smallZoneEnd = facts.zoneDmaEnd === 'fixed' ? (facts.zoneDmaLimit ?? -1) : -1
    this.injected = injected
    this.largest = PAGE_SIZE * 2 ** facts.maxPageOrder
    for (const bank of layout.managed) this.free.join(bank.base, bank.len, true)
    const plan = planCma(layout.reserved, facts)
    for (const region of plan.reserved) this.free.delete(region.base, region.len)
    for (const { base, len } of this.keptAtBoot()) this.free.delete(base, len)
    const zoneEnd =
      facts.zoneDmaEnd === 'lowmem' ? Infinity : (facts.zoneDmaLimit ?? facts.swiotlb?.dmaLimit ?? Infinity)
    const top = Math.min(layout.lowmemEnd, zoneEnd + 1)
    this.userTop = top
    const longBits = facts.arch.pointerBits
    this.cma = new CmaAreas(plan, { sink, longBits, managed: layout.managed, free: this.free, top })
    this.totalRam = [...this.free.all(), ...this.cma.all.map(({ base, len }) => ({ base, end: base + len }))].reduce(
      (sum, { base, end }) => sum + end - base,
      0,
    )
  }

  /** Bytes that are free, CMA areas included. */
  get available(): number {
    const areas = this.cma.all.reduce((sum, { available }) => sum + available, 0)
    return this.free.all().reduce((sum, { base, end }) => sum + end - base, areas)
  }

  /** alloc_pages: ENOMEM above the largest order or when no block fits. */
  pages(len: number, options: ContiguousOptions = {}): KResult<Pfn> {
    if (options.quiet !== true && this.injected('pages'))
      return fail('ENOMEM', `an allocation of ${bytes(len)} failed on request`)
    const block = PAGE_SIZE * 2 ** orderOf(len)
    if (block > this.largest)
      return fail('ENOMEM', `${bytes(len)} is more than the largest buddy block (${bytes(this.largest)})`)
    return this.inZones(len, Math.max(block, options.align ?? 0), options)
  }

  /**
   * Pages of a task: as many as it takes, without an order's limit, far from where the kernel takes its own, and never of a CMA area,
   * which they would have to leave. ENOMEM.
   */
  user(len: number, options: ContiguousOptions = {}): KResult<Pfn> {
    const align = Math.max(PAGE_SIZE, options.align ?? 0)
    if (options.above !== undefined) return this.inZones(len, align, options)
    const far = this.takeHighest(len, align, Math.min(options.limit ?? Infinity, this.userTop - 1))
    return far.ok ? far : this.inZones(len, align, options)
  }

  private inZones(len: number, align: number, options: ContiguousOptions): KResult<Pfn> {
    const top = options.highmem === true ? Infinity : this.layout.lowmemEnd - 1
    const limit = Math.min(options.limit ?? Infinity, top)
    const above = options.above ?? 0
    // A small ZONE_DMA is the last that others are served from. Models: Linux v6.12 mm/mmzone.c: next_zones_zonelist
    if (above <= this.smallZoneEnd && limit > this.smallZoneEnd) {
      const beyond = this.take(this.free, len, align, limit, this.smallZoneEnd + 1)
      if (beyond.ok) return beyond
    }
    return this.take(this.free, len, align, limit, options.above)
  }

  /** Memory that the kernel takes while it boots: no order limit, never given back. ENOMEM. Models: Linux v6.12 mm/memblock.c: memblock_alloc */
  boot(len: number, options: AllocOptions = {}): KResult<Pfn> {
    const align = Math.max(PAGE_SIZE, options.align ?? 0)
    if (options.highest === true) return this.takeHighest(len, align, options.limit ?? Infinity)
    return this.take(this.free, len, align, options.limit ?? Infinity, options.above)
  }

  /** Exactly these pages, for good. EBUSY when any of them is handed out or reserved; the kernel's own image counts as free. */
  claim(at: number, len: number): KResult<Pfn> {
    const base = Math.floor(at / PAGE_SIZE) * PAGE_SIZE
    const size = Math.ceil((at + len) / PAGE_SIZE) * PAGE_SIZE - base
    const range = this.free.at(base)
    if (range !== undefined && base + size <= range.end) {
      this.free.delete(base, size)
      return ok((base / PAGE_SIZE) as Pfn)
    }
    return this.keptAtBoot().some((kept) => kept.base <= base && base + size <= kept.base + kept.len)
      ? ok((base / PAGE_SIZE) as Pfn)
      : fail('EBUSY', `${hex(base)} (${bytes(size)}) is in use`)
  }

  /** The image with page tables and early allocations behind it, and the start of memory where that is not given out. */
  private keptAtBoot(): readonly Range[] {
    const { managed } = this.layout
    const { image, lowKept } = this.arch.layout
    const start = (managed[0]?.base ?? 0) + image.base
    const bank = managed.find(({ base, len }) => base <= start && start < base + len)
    const room = bank === undefined ? 0 : (bank.base + bank.len - start) / 2
    return [
      { base: 0, len: lowKept },
      { base: start, len: Math.min(image.len, room) },
    ].filter((kept) => kept.len > 0)
  }

  freePages(pfn: Pfn, len: number): void {
    this.free.join(pfn * PAGE_SIZE, Math.ceil(len / PAGE_SIZE) * PAGE_SIZE, true)
  }

  /**
   * dma_alloc_from_contiguous: aligned to the request's order, at most to 256 pages (CONFIG_CMA_ALIGNMENT 8). ENOMEM, EBUSY. Where there
   * is not an area at all, pages of the buddy allocator.
   */
  contiguous(len: number, options: ContiguousOptions = {}): KResult<Pfn> {
    const { area, limit, busy, quiet } = options
    const from = area === undefined ? this.cma.byDefault : this.cma.named(area)
    if (from === undefined) {
      const pages = this.pages(len, options)
      return pages.ok || len <= PAGE_SIZE ? pages : fail(pages.errno, `${this.cma.lacks(len, area)}; ${pages.why}`)
    }
    const order = orderOf(len)
    const align = Math.max(Math.min(CMA_ALIGNMENT, order), Math.log2((options.align ?? PAGE_SIZE) / PAGE_SIZE))
    return from.alloc({
      count: Math.ceil(len / PAGE_SIZE),
      align,
      ...(limit === undefined ? {} : { limit }),
      ...(busy === undefined ? {} : { busy }),
      ...(quiet === undefined ? {} : { quiet }),
    })
  }

  /** dma_release_from_contiguous, else __free_pages. */
  freeContiguous(pfn: Pfn, len: number): void {
    const area = this.cma.holding(pfn)
    if (area === undefined) this.freePages(pfn, len)
    else area.release(pfn, Math.ceil(len / PAGE_SIZE))
  }

  private takeHighest(len: number, align: number, limit: number): KResult<Pfn> {
    const size = Math.ceil(len / PAGE_SIZE) * PAGE_SIZE
    for (const range of this.free.all().toReversed()) {
      const base = Math.floor((Math.min(range.end, limit + 1) - size) / align) * align
      if (base < range.base) continue
      this.free.delete(base, size)
      return ok((base / PAGE_SIZE) as Pfn)
    }
    return fail('ENOMEM', `no ${bytes(len)} of contiguous memory below ${hex(limit)}`)
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
    const ends = limit === Infinity ? '' : ` below ${hex(limit)}`
    const pieces = from.all().map(({ base, end }) => Math.min(end, limit + 1) - Math.max(base, above))
    const free = pieces.reduce((sum, piece) => sum + Math.max(0, piece), 0)
    const place = [...(above === 0 ? [] : [` from ${hex(above)} on`]), ...(ends === '' ? [] : [ends])]
    const has =
      free < size
        ? `${bytes(free)} are free there`
        : `${bytes(free)} are free there, in pieces of at most ${bytes(Math.max(...pieces))}`
    return fail('ENOMEM', `no ${bytes(len)} of contiguous memory${place.join('')}: ${has}`)
  }
}
