// Cache maintenance for one page range, as arch/arm does it around a DMA mapping.
import type { Arch, ArchHost, Direction, Pfn, PhysAddr, PluginApi, SgPage } from '@dmalab/api'

/** __dma_page_cpu_to_dev and __dma_page_dev_to_cpu. Lengths and offsets are bytes. */
export interface PageMaintenance {
  cpuToDev(page: SgPage, offset: number, size: number, dir: Direction): void
  devToCpu(page: SgPage, offset: number, size: number, dir: Direction): void
}

type Hook = 'map' | 'unmap'

/** Offset of compound_head in struct page, and the bit of PG_head, on 32-bit ARM. */
const COMPOUND_HEAD = 4
const PG_HEAD = 2 ** 6

/** `v4.11` marks pages D-cache clean when a device gives them back; `v6.12` folios, and there the compiler inlines these functions. */
export type PageCode = 'v4.11' | 'v6.12'

/** Which of the two goes with an Arch. */
export const pageCodeOf = ({ cache }: Arch): PageCode => (cache.marksClean === 'folios' ? 'v6.12' : 'v4.11')

export const pageMaintenance = (api: PluginApi, host: ArchHost, code: PageCode): PageMaintenance => {
  const { mem, cache } = host
  const { DIR, PAGE_SIZE, pfnOf, physOf, vaddr } = api
  const inlined = code !== 'v4.11'
  const enter = (symbol: string): number => (inlined ? 0 : host.enter(symbol))
  const leave = (mark: number): void => {
    if (!inlined) host.leave(mark)
  }

  const inner = (hook: Hook, at: PhysAddr, len: number, dir: Direction): void => {
    if (hook === 'map') cache.dmacMapLinear(at, len, dir)
    else cache.dmacUnmapLinear(at, len, dir)
  }
  const innerHighmem = (hook: Hook, at: PhysAddr, len: number, dir: Direction): void => {
    if (hook === 'map') cache.dmacMapPhys(at, len, dir)
    else cache.dmacUnmapPhys(at, len, dir)
  }

  /**
   * Highmem is walked page by page (skipped on an aliasing cache when the page has no mapping); lowmem goes in one piece.
   * Models: Linux v4.11 arch/arm/mm/dma-mapping.c: dma_cache_maint_page
   */
  const maintain = (hook: Hook, page: SgPage, offset: number, size: number, dir: Direction): void => {
    const mark = enter('dma_cache_maint_page')
    let pfn = mem.pageToPfn(page) + Math.floor(offset / PAGE_SIZE)
    let at = offset % PAGE_SIZE
    let current = offset < PAGE_SIZE ? page : pageAt(page, pfn as Pfn)
    for (let left = size; ;) {
      if (!mem.pageHighMem(current)) {
        // A range that starts in lowmem stays one piece.
        inner(hook, physOf(pfn as Pfn, at), left, dir)
        break
      }
      const len = Math.min(left, PAGE_SIZE - at)
      if (!cache.aliasing || mem.kmapped(pfn as Pfn)) innerHighmem(hook, physOf(pfn as Pfn, at), len, dir)
      left -= len
      if (left <= 0) break
      at = 0
      pfn++
      current = pageAt(page, pfn as Pfn)
    }
    leave(mark)
  }
  /** Behind a pointer that is not a page lies more of whatever it points into. */
  const pageAt = (page: SgPage, n: Pfn): SgPage =>
    page.kind === 'page' ? { kind: 'page', pfn: n } : { kind: 'vaddr', at: mem.pageStructAddress(n) }

  /** Every page that the range covers wholly. Writes page->flags. */
  const markPages = (page: SgPage, offset: number, size: number): void => {
    let pfn = mem.pageToPfn(page) + Math.floor(offset / PAGE_SIZE)
    let left = size
    const within = offset % PAGE_SIZE
    if (within > 0) {
      pfn++
      left -= PAGE_SIZE - within
    }
    for (; left >= PAGE_SIZE; left -= PAGE_SIZE) cache.markPageClean(pfn++ as Pfn)
  }

  /**
   * log2 of a folio's pages. A real page is a folio of its own here. Where there is no struct page, the bytes that lie in its place
   * decide: an odd compound_head sends the kernel to whatever address it holds, PG_head makes the next page's flags the order.
   */
  const folioOrder = (page: SgPage & { kind: 'page' }): number => {
    const head = mem.pageWord(page, COMPOUND_HEAD)
    if (head === undefined) return 0
    const tail = head % 2 === 1
    const flags = mem.pageWord(tail ? { kind: 'vaddr', at: vaddr(BigInt(head - 1)) } : page, 0) ?? 0
    if (Math.floor(flags / PG_HEAD) % 2 === 0) return 0
    return (mem.pageWord({ kind: 'page', pfn: (page.pfn + 1) as Pfn }, 0) ?? 0) % 256
  }

  /** Whole folios of the range. A size that does not fit 32 bits is 0, and the loop does not end. */
  const markFolios = (at: PhysAddr, size: number): void => {
    let pfn = pfnOf(at)
    let offset = at % PAGE_SIZE
    for (let left = size; left > 0;) {
      const order = folioOrder({ kind: 'page', pfn })
      const folio = order > 19 ? 0 : PAGE_SIZE * 2 ** order
      if (left < folio - offset) return
      if (folio === 0) host.stall('the walk over folios of size 0')
      if (offset === 0) cache.markPageClean(pfn)
      left -= folio - offset
      offset = 0
      pfn = (pfn + 2 ** order) as Pfn
    }
  }

  const markWhole = (page: SgPage, offset: number, at: PhysAddr, size: number): void => {
    if (inlined) markFolios(at, size)
    else markPages(page, offset, size)
  }

  const physOfPage = (page: SgPage, offset: number): PhysAddr => physOf(mem.pageToPfn(page), offset)

  return {
    /** Models: Linux v6.12 arch/arm/mm/dma-mapping.c: __dma_page_cpu_to_dev */
    cpuToDev(page, offset, size, dir) {
      if (page.kind === 'page' && cache.maintainPlain('map', physOf(page.pfn, offset), size, dir)) return
      const mark = enter('__dma_page_cpu_to_dev')
      maintain('map', page, offset, size, dir)
      const at = physOfPage(page, offset)
      if (dir === DIR.FROM_DEVICE) cache.outerInv(at, size)
      else cache.outerClean(at, size)
      leave(mark)
    },

    /** Models: Linux v6.12 arch/arm/mm/dma-mapping.c: __dma_page_dev_to_cpu */
    devToCpu(page, offset, size, dir) {
      if (dir === DIR.TO_DEVICE) return
      if (page.kind === 'page' && cache.maintainPlain('unmap', physOf(page.pfn, offset), size, dir)) return
      const mark = enter('__dma_page_dev_to_cpu')
      const at = physOfPage(page, offset)
      cache.outerInv(at, size)
      maintain('unmap', page, offset, size, dir)
      if (size >= PAGE_SIZE) markWhole(page, offset, at, size)
      leave(mark)
    },
  }
}
