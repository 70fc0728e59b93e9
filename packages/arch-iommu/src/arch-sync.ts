// arch_sync_dma_for_device and arch_sync_dma_for_cpu: cache work on a physical range, found through the kernel's mapping of it.
import type { Direction, Host, PhysAddr, PluginApi } from '@dmalab/api'

export interface ArchSync {
  /** Before the device owns the range. */
  forDevice(at: PhysAddr, size: number, dir: Direction): void
  /** When the CPU takes it back. */
  forCpu(at: PhysAddr, size: number, dir: Direction): void
}

export const archSync = (api: PluginApi, host: Host): ArchSync =>
  host.kernel.cacheHooks === 'arm64' ? arm64(host) : arm(api, host)

/** Models: Linux v6.12 arch/arm64/mm/dma-mapping.c: arch_sync_dma_for_device */
const arm64 = (host: Host): ArchSync => {
  const { mem, cache } = host
  return {
    forDevice: (at, size, dir) =>
      host.call('arch_sync_dma_for_device', () => cache.dmacMap(mem.linearAddress(at), size, dir)),
    forCpu: (at, size, dir) =>
      host.call('arch_sync_dma_for_cpu', () => cache.dmacUnmap(mem.linearAddress(at), size, dir)),
  }
}

/**
 * Models: Linux v6.12 arch/arm/mm/dma-mapping.c: arch_sync_dma_for_device
 * Models: Linux v6.12 arch/arm/mm/dma-mapping.c: dma_cache_maint_page
 * Leaves out: marking pages D-cache clean.
 */
const arm = ({ DIR, PAGE_SIZE, pfnOf }: PluginApi, host: Host): ArchSync => {
  const { mem, cache } = host
  const inner = (hook: 'map' | 'unmap', at: PhysAddr, size: number, dir: Direction): void => {
    for (let done = 0; done < size;) {
      const from = (at + done) as PhysAddr
      if (!mem.pageHighMem({ kind: 'page', pfn: pfnOf(from) })) {
        const address = mem.linearAddress(from)
        if (hook === 'map') cache.dmacMap(address, size - done, dir)
        else cache.dmacUnmap(address, size - done, dir)
        return
      }
      const len = Math.min(size - done, PAGE_SIZE - (from % PAGE_SIZE))
      if (!cache.aliasing || mem.kmapped(pfnOf(from))) {
        if (hook === 'map') cache.dmacMapPhys(from, len, dir)
        else cache.dmacUnmapPhys(from, len, dir)
      }
      done += len
    }
  }
  return {
    forDevice: (at, size, dir) =>
      host.call('arch_sync_dma_for_device', () => {
        inner('map', at, size, dir)
        if (dir === DIR.FROM_DEVICE) cache.outerInv(at, size)
        else cache.outerClean(at, size)
      }),
    forCpu: (at, size, dir) =>
      host.call('arch_sync_dma_for_cpu', () => {
        if (dir === DIR.TO_DEVICE) return
        cache.outerInv(at, size)
        inner('unmap', at, size, dir)
      }),
  }
}
