// Cache maintenance around streaming mappings: arch_sync_dma_for_device and arch_sync_dma_for_cpu of each architecture.
import type { Direction, Host, Pfn, PhysAddr, PluginApi, SgPage } from '@dmalab/api'

export interface ArchSync {
  forDevice(at: PhysAddr, size: number, dir: Direction): void
  forCpu(at: PhysAddr, size: number, dir: Direction): void
}

/** Offset of compound_head in struct page, and the bit of PG_head, on 32-bit ARM. */
const COMPOUND_HEAD = 4
const PG_HEAD = 2 ** 6

export const archSync = (api: PluginApi, host: Host): ArchSync => {
  const sync = host.kernel.arch === 'arm' ? armSync(api, host) : linearSync(host)
  const told = (to: 'device' | 'cpu', at: PhysAddr, size: number, dir: Direction): void => {
    if (host.wants('page')) host.emit({ event: 'arch_sync', to, physAddr: at, size, dir })
    host.call(to === 'device' ? 'arch_sync_dma_for_device' : 'arch_sync_dma_for_cpu', () =>
      to === 'device' ? sync.forDevice(at, size, dir) : sync.forCpu(at, size, dir),
    )
  }
  return {
    forDevice: (at, size, dir) => told('device', at, size, dir),
    forCpu: (at, size, dir) => told('cpu', at, size, dir),
  }
}

/**
 * Through the linear map, which no-map memory is not in.
 * Models: Linux v6.12 arch/arm64/mm/dma-mapping.c: arch_sync_dma_for_device, arch_sync_dma_for_cpu
 */
const linearSync = ({ mem, cache }: Host): ArchSync => ({
  forDevice: (at, size, dir) => cache.dmacMap(mem.linearAddress(at), size, dir),
  forCpu: (at, size, dir) => cache.dmacUnmap(mem.linearAddress(at), size, dir),
})

/**
 * Inner cache by page, then the outer one; a range given back by a device marks its whole folios clean.
 * Models: Linux v6.12 arch/arm/mm/dma-mapping.c: __dma_page_cpu_to_dev
 * Models: Linux v6.12 arch/arm/mm/dma-mapping.c: __dma_page_dev_to_cpu
 */
const armSync = (api: PluginApi, host: Host): ArchSync => {
  const { mem, cache } = host
  const { DIR, PAGE_SIZE, pfnOf, vaddr } = api

  /** Models: Linux v6.12 arch/arm/mm/dma-mapping.c: dma_cache_maint_page */
  const maintain = (hook: 'map' | 'unmap', at: PhysAddr, size: number, dir: Direction): void => {
    let done = 0
    while (done < size) {
      const from = (at + done) as PhysAddr
      const page: SgPage = { kind: 'page', pfn: pfnOf(from) }
      if (!mem.pageHighMem(page)) {
        const address = mem.linearAddress(from)
        if (hook === 'map') cache.dmacMap(address, size - done, dir)
        else cache.dmacUnmap(address, size - done, dir)
        return
      }
      const len = Math.min(size - done, PAGE_SIZE - (from % PAGE_SIZE))
      if (!cache.aliasing || mem.kmapped(page.pfn)) {
        if (hook === 'map') cache.dmacMapPhys(from, len, dir)
        else cache.dmacUnmapPhys(from, len, dir)
      }
      done += len
    }
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
  const markClean = (at: PhysAddr, size: number): void => {
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

  return {
    forDevice(at, size, dir) {
      maintain('map', at, size, dir)
      if (dir === DIR.FROM_DEVICE) cache.outerInv(at, size)
      else cache.outerClean(at, size)
    },
    forCpu(at, size, dir) {
      if (dir === DIR.TO_DEVICE) return
      cache.outerInv(at, size)
      maintain('unmap', at, size, dir)
      if (size >= PAGE_SIZE) markClean(at, size)
    },
  }
}
