// Cache maintenance for one page range, as arch/arm does it around a DMA mapping.
import { type Direction, type Host, PAGE_SIZE, type Pfn, type PhysAddr, type PluginApi, type SgPage } from '@dmalab/api'

/** __dma_page_cpu_to_dev and __dma_page_dev_to_cpu of one device. Lengths and offsets are bytes. */
export interface PageMaintenance {
  cpuToDev(page: SgPage, offset: number, size: number, dir: Direction): void
  devToCpu(page: SgPage, offset: number, size: number, dir: Direction): void
}

type Hook = 'map' | 'unmap'

export const pageMaintenance = (api: PluginApi, host: Host): PageMaintenance => {
  const { mem, cache } = host
  const { DIR, physOf } = api

  const inner = (hook: Hook, at: PhysAddr, len: number, dir: Direction): void => {
    const address = mem.linearAddress(at)
    if (hook === 'map') cache.dmacMap(address, len, dir)
    else cache.dmacUnmap(address, len, dir)
  }
  const innerHighmem = (hook: Hook, at: PhysAddr, len: number, dir: Direction): void => {
    if (hook === 'map') cache.dmacMapPhys(at, len, dir)
    else cache.dmacUnmapPhys(at, len, dir)
  }

  /**
   * Highmem is walked page by page (skipped on an aliasing cache when the page has no mapping); lowmem goes in one piece.
   * Models: Linux v4.11 arch/arm/mm/dma-mapping.c: dma_cache_maint_page
   */
  const maintain = (hook: Hook, page: SgPage, offset: number, size: number, dir: Direction): void =>
    host.call('dma_cache_maint_page', () => {
      let pfn = mem.pageToPfn(page) + Math.floor(offset / PAGE_SIZE)
      let at = offset % PAGE_SIZE
      let left = size
      // Behind a pointer that is no page lies more of whatever it points into.
      const pageAt = (n: Pfn): SgPage =>
        page.kind === 'page' ? { kind: 'page', pfn: n } : { kind: 'vaddr', at: mem.pageStructAddress(n) }
      let current: SgPage = offset < PAGE_SIZE ? page : pageAt(pfn as Pfn)
      do {
        if (!mem.pageHighMem(current)) {
          // A range that starts in lowmem stays one piece.
          inner(hook, physOf(pfn as Pfn, at), left, dir)
          return
        }
        const len = Math.min(left, PAGE_SIZE - at)
        if (!cache.aliasing || mem.kmapped(pfn as Pfn)) innerHighmem(hook, physOf(pfn as Pfn, at), len, dir)
        at = 0
        pfn++
        current = pageAt(pfn as Pfn)
        left -= len
      } while (left > 0)
    })

  /** Every page that the range covers wholly is marked D-cache clean. Writes page->flags. */
  const markClean = (page: SgPage, offset: number, size: number): void => {
    let pfn = mem.pageToPfn(page) + Math.floor(offset / PAGE_SIZE)
    let left = size
    const within = offset % PAGE_SIZE
    if (within > 0) {
      pfn++
      left -= PAGE_SIZE - within
    }
    for (; left >= PAGE_SIZE; left -= PAGE_SIZE) cache.markPageClean(pfn++ as Pfn)
  }

  return {
    /** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __dma_page_cpu_to_dev */
    cpuToDev: (page, offset, size, dir) =>
      host.call('__dma_page_cpu_to_dev', () => {
        maintain('map', page, offset, size, dir)
        const at = physOf(mem.pageToPfn(page), offset)
        if (dir === DIR.FROM_DEVICE) cache.outerInv(at, size)
        else cache.outerClean(at, size)
      }),

    /** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __dma_page_dev_to_cpu */
    devToCpu: (page, offset, size, dir) =>
      host.call('__dma_page_dev_to_cpu', () => {
        if (dir === DIR.TO_DEVICE) return
        cache.outerInv(physOf(mem.pageToPfn(page), offset), size)
        maintain('unmap', page, offset, size, dir)
        if (size >= PAGE_SIZE) markClean(page, offset, size)
      }),
  }
}
