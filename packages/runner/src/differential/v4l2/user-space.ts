// The address space of the program's task: what is mapped where, and which pages are found from an address on.
import {
  offsetInPage,
  PAGE_SIZE,
  pageAlign,
  pagesFor,
  type Pfn,
  pfnOf,
  physOf,
  phys,
  type UserMapping,
} from '@dmalab/api'

/** Top of the area that mmap(2) hands out downwards. */
const MMAP_BASE = 0xffff_f000_0000

/** A mapping: its pages, in order. */
interface Area {
  readonly start: number
  readonly pages: readonly Pfn[]
  readonly kind: UserMapping['kind']
  readonly readOnly: boolean
  readonly pfnMap: boolean
}

const endOf = ({ start, pages }: Area): number => start + pages.length * PAGE_SIZE

/** Page frames of a mapping, one after the other. */
const framesOf = ({ phys: at, len, pages }: UserMapping): Pfn[] =>
  pages?.slice(0, pagesFor(offsetInPage(at) + len)) ??
  Array.from({ length: pagesFor(offsetInPage(at) + len) }, (_, i) => (pfnOf(at) + i) as Pfn)

export class UserSpace {
  /** Highest first. */
  private areas: Area[] = []

  /** Maps pages at the highest gap that holds them, as the kernel's top-down search does; `hole` unmaps the last page again. */
  map(
    mapping: UserMapping,
    { readOnly = false, hole = false }: { readonly readOnly?: boolean; readonly hole?: boolean } = {},
  ): number {
    const frames = framesOf(mapping)
    const start = this.gap(frames.length * PAGE_SIZE)
    const pages = hole ? frames.slice(0, -1) : frames
    const area = { start, pages, kind: mapping.kind, readOnly, pfnMap: mapping.pfnMap === true }
    if (pages.length > 0) this.areas = [...this.areas, area].toSorted((a, b) => b.start - a.start)
    return start
  }

  unmap(start: number): void {
    this.areas = this.areas.filter((area) => area.start !== start)
  }

  /** What is mapped from `at` on, `size` bytes at most: mappings that touch are one. */
  from(at: number, size: number): UserMapping {
    const first = at - offsetInPage(phys(at))
    const end = pageAlign(at + Math.max(1, size))
    const found: { page: Pfn; area: Area }[] = []
    for (let page = first; page < end; page += PAGE_SIZE) {
      const area = this.areas.find((candidate) => page >= candidate.start && page < endOf(candidate))
      const frame = area?.pages[(page - area.start) / PAGE_SIZE]
      if (area === undefined || frame === undefined) break
      found.push({ page: frame, area })
    }
    const [head] = found
    const offset = at - first
    // Nowhere: the address still has its alignment.
    if (head === undefined) return { at, phys: phys(offset), len: 0, kind: 'cached' }
    return {
      at,
      phys: physOf(head.page, offset),
      len: Math.min(size, found.length * PAGE_SIZE - offset),
      kind: head.area.kind,
      pages: found.map(({ page }) => page),
      readOnly: found.some(({ area }) => area.readOnly),
      pfnMap: found.some(({ area }) => area.pfnMap),
    }
  }

  private gap(len: number): number {
    let top = MMAP_BASE
    for (const area of this.areas) {
      if (top - endOf(area) >= len) break
      top = area.start
    }
    return top - len
  }
}
