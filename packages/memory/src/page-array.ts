// The array of struct page: which entries exist, what lies where none does, and the predicates kernels ask.
import {
  type EventSink,
  hex,
  type KernelFacts,
  type KernelVaddr,
  PAGE_SIZE,
  type Pfn,
  type PhysAddr,
  physOf,
  type SgPage,
} from '@dmalab/api'
import type { AddressSpace } from './address-space.ts'
import type { KernelStack } from './kernel-stack.ts'
import type { Layout } from './layout.ts'
import { type LayoutIndex, layoutIndex } from './layout-index.ts'

/** Bytes that pfn_valid() looks at around an address, by the kernel's rule. */
const PAGEBLOCK = 4 * 2 ** 20
const SECTION = 128 * 2 ** 20
/** Offset of `flags` in struct page. */
const FLAGS_OFFSET = 0n
const FLAGS_READ = 'page->flags of something that is not a struct page'

export interface PageArrayDeps {
  readonly layout: Layout
  readonly facts: KernelFacts
  readonly space: AddressSpace
  readonly stack: KernelStack
  readonly sink: EventSink
  /** Reads a 32-bit word through a kernel mapping. */
  readonly readWord: (at: KernelVaddr) => number
}

export class PageArrayModel {
  private readonly deps: PageArrayDeps
  private readonly index: LayoutIndex
  private readonly firstPfn: number
  /** Valid pages that were asked about last: most questions are about the same ones again. */
  private last: { readonly base: number; readonly end: number } = { base: 0, end: 0 }

  constructor(deps: PageArrayDeps) {
    this.deps = deps
    this.firstPfn = deps.layout.physOffset / PAGE_SIZE
    this.index = layoutIndex(deps.layout)
  }

  hasStructPage(pfn: Pfn): boolean {
    return this.index.paged.at(physOf(pfn)) !== undefined
  }

  /**
   * The kernel's own pfn_valid().
   * Models: Linux v4.11 arch/arm/mm/init.c: pfn_valid; v5.10 arch/arm64/mm/init.c: pfn_valid; v6.12 arch/arm/mm/init.c: pfn_valid; v6.12 include/linux/mmzone.h: pfn_valid
   */
  pfnValid(pfn: Pfn): boolean {
    const at = physOf(pfn)
    const { last } = this
    if (at >= last.base && at < last.end) return true
    const around = this.validAround(at)
    if (around !== undefined) this.last = around
    return around !== undefined
  }

  /** A range that holds `at`, of all whose pages the same is said; undefined where they are not valid. */
  private validAround(at: PhysAddr): { readonly base: number; readonly end: number } | undefined {
    const rule = this.deps.facts.arch.pfnValid
    if (rule === 'memblock') return this.index.mappable.at(at)
    const size = rule === 'pageblock' ? PAGEBLOCK : SECTION
    const base = Math.floor(at / size) * size
    return this.index.managed.within(base, size).length > 0 ? { base, end: base + size } : undefined
  }

  /** pfn_to_page(): arithmetic only, wraps at the width of a pointer. */
  address(pfn: Pfn): KernelVaddr {
    const { base, entrySize } = this.deps.layout.pageArray
    const at = base + (BigInt(pfn) - BigInt(this.firstPfn)) * BigInt(entrySize)
    return BigInt.asUintN(this.deps.layout.vaddrBits, at) as KernelVaddr
  }

  /** page_to_pfn(): pointer difference, so a foreign address gives a number that means nothing. */
  toPfn(page: SgPage): Pfn {
    if (page.kind === 'page') return page.pfn
    const { base, entrySize } = this.deps.layout.pageArray
    const bits = this.deps.layout.vaddrBits
    const distance = BigInt.asIntN(bits, (page.kind === 'vaddr' ? page.at : 0n) - base) / BigInt(entrySize)
    const pfnBits = bits === 32 ? 32 : 52
    return Number(BigInt.asUintN(pfnBits, distance + BigInt(this.firstPfn))) as Pfn
  }

  isHighmem(pfn: Pfn): boolean {
    return this.deps.facts.arch.highmem && physOf(pfn) >= this.deps.layout.lowmemEnd
  }

  /**
   * PageHighMem(): reads page->flags and looks at its zone number. Where no struct page is, this is the first dereference. A
   * constant on architectures without highmem.
   * Models: Linux v4.11 include/linux/page-flags.h: PageHighMem, include/linux/mmzone.h: is_highmem_idx
   */
  pageHighMem(page: SgPage): boolean {
    if (!this.deps.facts.arch.highmem) return false
    if (page.kind === 'page' && this.hasStructPage(page.pfn)) return this.isHighmem(page.pfn)
    const word = this.foreignWord(page, FLAGS_OFFSET)
    return zoneIsHighmem(word)
  }

  /** A word of what a page pointer points at; undefined for a real struct page. */
  word(page: SgPage, offset: number): number | undefined {
    return page.kind === 'page' && this.hasStructPage(page.pfn) ? undefined : this.foreignWord(page, BigInt(offset))
  }

  private foreignWord(page: SgPage, offset: bigint): number {
    const pointer = this.pointer(page)
    const word = this.readAt(pointer, offset, page)
    this.deps.sink.emit({
      event: 'type_confusion',
      what: offset === FLAGS_OFFSET ? FLAGS_READ : `word ${offset} of something that is not a struct page`,
      virtAddr: hex(pointer),
      read: hex(word),
    })
    return word
  }

  private pointer(page: SgPage): KernelVaddr {
    if (page.kind === 'page') return this.address(page.pfn)
    return page.kind === 'vaddr' ? page.at : (0n as KernelVaddr)
  }

  private readAt(pointer: KernelVaddr, offset: bigint, page: SgPage): number {
    const { holes } = this.deps.layout.pageArray
    if (page.kind === 'page' && holes !== 'unmapped') return holes.word
    const at = (pointer + offset) as KernelVaddr
    // A hole of the array is not mapped, wherever the array lies; a foreign pointer may well be.
    if (page.kind === 'page' || this.deps.space.resolve(at) === undefined)
      this.deps.stack.fault({ reason: at < BigInt(PAGE_SIZE) ? 'NULL pointer' : 'paging request', address: at })
    return this.deps.readWord(at)
  }
}

/** Zones of arm without ZONE_DMA: 0 normal, 1 highmem, 2 movable (taken from highmem); the number is in the two top bits of flags. */
const zoneIsHighmem = (flags: number): boolean => {
  const zone = Math.floor(flags / 2 ** 30)
  return zone === 1 || zone === 2
}
