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
  type PhysAddr,
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
    const total = Number((this.layout.vmalloc.end - this.layout.vmalloc.start) / BigInt(PAGE_SIZE))
    let page = 0
    for (const used of this.windows.all()) {
      if (used.base - page > pages) break
      page = used.end + 1
    }
    if (page + pages > total) return fail('ENOMEM', `the vmalloc window has no room for ${pages} pages`)
    const start = this.layout.vmalloc.start + BigInt(page * PAGE_SIZE)
    this.windows.set(page, pages, { start, phys: (at - (at % PAGE_SIZE)) as PhysAddr, len: pages * PAGE_SIZE, kind })
    return ok((start + BigInt(at % PAGE_SIZE)) as KernelVaddr)
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
    if (mapping !== undefined)
      return { phys: (mapping.phys + Number(at - mapping.start)) as PhysAddr, kind: mapping.kind }
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
