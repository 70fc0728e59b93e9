// The kernel's address space: linear map, and remapped ranges in the vmalloc window.
import {
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
  private readonly linear = new Intervals<true>()
  /** Parts of the linear map that are not cached. */
  private readonly kinds = new Intervals<MapKind>()
  /** Mappings by page index within the vmalloc window. */
  private windows = new Intervals<Mapping>()

  constructor(layout: Layout) {
    this.layout = layout
    for (const range of layout.linear) this.linear.set(range.base, range.len, true)
  }

  /** Arithmetic only. Models: Linux v4.11 arch/arm/include/asm/memory.h: __phys_to_virt */
  linearAddress(at: PhysAddr): KernelVaddr {
    const address = BigInt(at) - BigInt(this.layout.physOffset) + this.layout.pageOffset
    return BigInt.asUintN(this.layout.vaddrBits, address) as KernelVaddr
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
    const offset = at - this.layout.pageOffset
    if (offset < 0n || offset > BigInt(Number.MAX_SAFE_INTEGER)) return undefined
    const linear = (Number(offset) + this.layout.physOffset) as PhysAddr
    return this.isLinear(linear) ? { phys: linear, kind: this.kinds.at(linear)?.value ?? 'cached' } : undefined
  }

  /** Offset of the first byte of [at, at + len) that no mapping covers, or undefined. Ranges are mapped in whole pages. */
  firstUnmapped(at: KernelVaddr, len: number): number | undefined {
    const window = this.windowAt(at)?.value
    if (window !== undefined) {
      const left = window.len - Number(at - window.start)
      return left >= len ? undefined : left
    }
    const start = this.resolve(at)
    if (start === undefined) return 0
    const gap = this.linear.firstGap(start.phys, len)
    return gap === undefined ? undefined : gap - start.phys
  }

  /** A mapped virtual range in physically contiguous parts. @throws Error where nothing is mapped; ask firstUnmapped() before */
  pieces(at: KernelVaddr, len: number): Piece[] {
    const scattered = this.windowAt(at)?.value.pages !== undefined
    const pieces: Piece[] = []
    for (let done = 0; done < len;) {
      const here = (at + BigInt(done)) as KernelVaddr
      const resolved = this.resolve(here)
      if (resolved === undefined) throw new Error(`nothing is mapped at ${hex(here)}`)
      const left = scattered ? Math.min(len - done, PAGE_SIZE - (resolved.phys % PAGE_SIZE)) : len - done
      pieces.push({ ...resolved, len: left, done })
      done += left
    }
    return pieces
  }

  /** Live remappings, for leak reports. */
  windowsInUse(): number {
    return this.windows.all().length
  }

  private windowAt(at: KernelVaddr) {
    const { start, end } = this.layout.vmalloc
    if (at < start || at >= end) return undefined
    return this.windows.at(Math.floor(Number(at - start) / PAGE_SIZE))
  }
}

const physBehind = (mapping: Mapping, offset: number): PhysAddr => {
  const frame = mapping.pages?.[Math.floor(offset / PAGE_SIZE)]
  return frame === undefined ? ((mapping.phys + offset) as PhysAddr) : physOf(frame, offset % PAGE_SIZE)
}
