// The kernel's address space: linear map, and remapped ranges in the vmalloc window.
import {
  type Balance,
  fail,
  hex,
  type KernelVaddr,
  type KResult,
  type MapKind,
  ok,
  pageAlign,
  PAGE_SIZE,
  type Pfn,
  type PhysAddr,
  physOf,
} from '@dmalab/api'
import { Intervals } from './intervals.ts'
import type { Layout } from './layout.ts'
import { layoutIndex } from './layout-index.ts'
import { PersistentKmaps } from './persistent-kmaps.ts'

export interface Resolved {
  readonly phys: PhysAddr
  readonly kind: MapKind
}

interface Mapping {
  readonly start: bigint
  readonly phys: PhysAddr
  readonly len: number
  readonly kind: MapKind
  /** Page frames, for a mapping whose pages are not consecutive. */
  readonly pages?: readonly Pfn[]
}

/** A physically contiguous part of a virtual range; `done` bytes of the range lie before it. */
export interface Piece extends Resolved {
  readonly len: number
  readonly done: number
}

export class AddressSpace {
  private readonly layout: Layout
  private readonly injected: (what: string) => boolean
  private readonly linear: Intervals<true>
  /** Parts of the linear map whose addresses nothing else uses. */
  private readonly plain: Intervals<true>
  /** Parts of the linear map that are not cached. */
  private readonly kinds = new Intervals<MapKind>()
  private readonly pkmap: PersistentKmaps
  /** Mappings by page index within the vmalloc window. */
  private windows = new Intervals<Mapping>()

  constructor(layout: Layout, injected: (what: string) => boolean) {
    this.layout = layout
    this.injected = injected
    this.pkmap = new PersistentKmaps(layout.pageOffset)
    const { linear, plain } = layoutIndex(layout)
    this.linear = linear
    this.plain = plain
  }

  /** Arithmetic only. Models: Linux v4.11 arch/arm/include/asm/memory.h: __phys_to_virt */
  linearAddress(at: PhysAddr): KernelVaddr {
    // All ones, an error that was taken for an address, is not a number: the nearest one is 2^64.
    const exact = at === 2 ** 64 ? 2n ** 64n - 1n : BigInt(at)
    const address = exact - BigInt(this.layout.physOffset) + this.layout.pageOffset
    return BigInt.asUintN(this.layout.vaddrBits, address) as KernelVaddr
  }

  /**
   * Does the linear address of [at, at + len) resolve to it by arithmetic alone, all in one piece? What dmacMapLinear() needs to know; no
   * for a range that takes the long way and then faults, or turns out to be several stretches.
   */
  isPlain(at: PhysAddr, len: number): boolean {
    const part = this.plain.at(at)
    return part !== undefined && at + len <= part.end
  }

  /** Linearly mapped with the CPU's caches on. */
  isCached(at: PhysAddr, len: number): boolean {
    return this.isLinear(at, len) && this.kinds.within(at, len).length === 0
  }

  isLinear(at: PhysAddr, len = 1): boolean {
    return this.linear.firstGap(at, len) === undefined
  }

  /**
   * Maps [at, at + len) into the vmalloc window, first fit, with a guard page behind. ENOMEM when the window is full.
   * Models: Linux v4.11 kernel/memremap.c: memremap, mm/vmalloc.c: get_vm_area
   */
  remap(at: PhysAddr, len: number, kind: MapKind): KResult<KernelVaddr> {
    const pages = pageAlign((at % PAGE_SIZE) + len) / PAGE_SIZE
    const page = this.firstFit(pages)
    if (!page.ok) return page
    const start = this.windowAddress(page.value)
    this.windows.set(page.value, pages, {
      start,
      phys: (at - (at % PAGE_SIZE)) as PhysAddr,
      len: pages * PAGE_SIZE,
      kind,
    })
    return ok((start + BigInt(at % PAGE_SIZE)) as KernelVaddr)
  }

  /** Maps pages from anywhere side by side. ENOMEM. Models: Linux v6.12 mm/vmalloc.c: vmap */
  vmap(pages: readonly Pfn[], kind: MapKind): KResult<KernelVaddr> {
    const [first] = pages
    if (first === undefined) return fail('ENOMEM', 'no pages to map')
    const page = this.firstFit(pages.length)
    if (!page.ok) return page
    const start = this.windowAddress(page.value)
    this.windows.set(page.value, pages.length, {
      start,
      phys: physOf(first),
      len: pages.length * PAGE_SIZE,
      kind,
      pages,
    })
    return ok(start as KernelVaddr)
  }

  private firstFit(pages: number): KResult<number> {
    if (this.injected('vmap')) return fail('ENOMEM', `a kernel mapping of ${pages} pages failed on request`)
    const total = Number((this.layout.vmalloc.end - this.layout.vmalloc.start) / BigInt(PAGE_SIZE))
    let page = 0
    for (const used of this.windows.all()) {
      if (used.base - page > pages) break
      page = used.end + 1
    }
    if (page + pages > total) return fail('ENOMEM', `the vmalloc window has no room for ${pages} pages`)
    return ok(page)
  }

  private windowAddress(page: number): bigint {
    return this.layout.vmalloc.start + BigInt(page * PAGE_SIZE)
  }

  /** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __dma_remap */
  setLinearKind(at: PhysAddr, len: number, kind: MapKind): void {
    if (kind === 'cached') this.kinds.delete(at, len)
    else this.kinds.set(at, len, kind)
  }

  /** Undoes the mapping that contains `at`. */
  unmap(at: KernelVaddr): void {
    const window = this.windowAt(at)
    if (window === undefined) throw new Error(`nothing is mapped at ${hex(at)}`)
    this.windows.delete(window.base, window.end - window.base)
  }

  resolve(at: KernelVaddr): Resolved | undefined {
    const mapping = this.windowAt(at)?.value
    if (mapping !== undefined) return { phys: physBehind(mapping, Number(at - mapping.start)), kind: mapping.kind }
    const kmapped = this.pkmap.resolve(at)
    if (kmapped !== undefined) return { phys: kmapped, kind: 'cached' }
    const offset = at - this.layout.pageOffset
    if (offset < 0n || offset > BigInt(Number.MAX_SAFE_INTEGER)) return undefined
    const linear = (Number(offset) + this.layout.physOffset) as PhysAddr
    return this.isLinear(linear) ? { phys: linear, kind: this.kinds.at(linear)?.value ?? 'cached' } : undefined
  }

  /** Offset of the first byte of [at, at + len) that no mapping covers, or undefined. Mappings that touch count as one. */
  firstUnmapped(at: KernelVaddr, len: number): number | undefined {
    let done = 0
    do {
      const run = this.runFrom((at + BigInt(done)) as KernelVaddr)
      if (run === 0) return done
      done += run
    } while (done < len)
    return undefined
  }

  /** A mapped virtual range in physically contiguous parts. @throws Error where nothing is mapped; ask firstUnmapped() before */
  pieces(at: KernelVaddr, len: number): Piece[] {
    const pieces: Piece[] = []
    for (let done = 0; done < len;) {
      const here = (at + BigInt(done)) as KernelVaddr
      const resolved = this.resolve(here)
      if (resolved === undefined) throw new Error(`nothing is mapped at ${hex(here)}`)
      const scattered = this.windowAt(here)?.value.pages !== undefined
      const run = scattered ? PAGE_SIZE - (resolved.phys % PAGE_SIZE) : this.runFrom(here)
      const left = Math.min(len - done, run)
      pieces.push({ len: left, done, phys: resolved.phys, kind: resolved.kind })
      done += left
    }
    return pieces
  }

  /** kmap(): see PersistentKmaps. */
  kmap(pfn: Pfn): KResult<KernelVaddr> {
    return this.injected('vmap')
      ? fail('ENOMEM', `a kernel mapping of page frame ${pfn} failed on request`)
      : this.pkmap.map(pfn)
  }
  kunmap(pfn: Pfn): void {
    this.pkmap.unmap(pfn)
  }
  kmapped(pfn: Pfn): boolean {
    return this.pkmap.has(pfn)
  }
  /** Highmem pages with a lasting mapping. */
  get kmaps(): number {
    return this.pkmap.count
  }

  /** Bytes from `at` on in one mapping; 0 where none is. */
  private runFrom(at: KernelVaddr): number {
    const window = this.windowAt(at)?.value
    if (window !== undefined) return window.len - Number(at - window.start)
    const resolved = this.resolve(at)
    if (resolved === undefined) return 0
    if (this.pkmap.resolve(at) !== undefined) return PAGE_SIZE - (resolved.phys % PAGE_SIZE)
    const part = this.linear.at(resolved.phys)
    const kind = this.kinds.at(resolved.phys)
    const next = this.kinds.within(resolved.phys + 1, Math.max(0, (part?.end ?? 0) - resolved.phys - 1))
    const ends = [
      part?.end ?? resolved.phys,
      kind?.end ?? Infinity,
      ...next.map((k) => k.base).filter((b) => b > resolved.phys),
    ]
    return Math.min(...ends) - resolved.phys
  }

  /** Mappings that must be undone. */
  balance(): Balance {
    const uncached = this.kinds.all().reduce((sum, { base, end }) => sum + end - base, 0)
    return new Map([
      ['kernel mappings', this.windows.all().length],
      ['kmaps', this.pkmap.count],
      ['bytes of the linear map that are not cached', uncached],
    ])
  }

  private windowAt(at: KernelVaddr) {
    return this.windows.at(Math.floor(Number(at - this.layout.vmalloc.start) / PAGE_SIZE))
  }
}

const physBehind = (mapping: Mapping, offset: number): PhysAddr => {
  const frame = mapping.pages?.[Math.floor(offset / PAGE_SIZE)]
  return frame === undefined ? ((mapping.phys + offset) as PhysAddr) : physOf(frame, offset % PAGE_SIZE)
}
