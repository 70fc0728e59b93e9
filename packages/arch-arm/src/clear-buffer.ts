// Fresh memory for coherent buffers on arch/arm: zeroed, and no dirty line of it left in a cache.
import type { ArchHost, PhysAddr, PluginApi } from '@dmalab/api'

/** Clean and invalidate the inner cache, then the outer one. Whole pages. */
export const prepCoherent = (
  { PAGE_SIZE, pfnOf, phys }: PluginApi,
  host: ArchHost,
  at: PhysAddr,
  size: number,
): void => {
  const { mem, cache } = host
  if (mem.isHighmemPfn(pfnOf(at)))
    for (let done = 0; done < size; done += PAGE_SIZE) cache.dmacFlushPhys(phys(at + done), PAGE_SIZE)
  else cache.dmacFlush(mem.linearAddress(at), size)
  cache.outerFlush(at, size)
}

/**
 * Lowmem in one piece, highmem page by page. `snooped`: the device sees the caches, so there is no cache work.
 * Models: Linux v6.12 arch/arm/mm/dma-mapping.c: __dma_clear_buffer
 */
export const clearBuffer = (api: PluginApi, host: ArchHost, at: PhysAddr, size: number, snooped: boolean): void => {
  const { mem, cache } = host
  const { DIR, PAGE_SIZE, pfnOf, phys } = api
  const tell = (base: PhysAddr, len: number): void => {
    if (host.wants('page'))
      host.emit({ event: 'cache_maint', op: 'zero', physAddr: base, size: len, dir: DIR.BIDIRECTIONAL })
  }
  if (!mem.isHighmemPfn(pfnOf(at))) {
    mem.memset(mem.linearAddress(at), 0, size)
    tell(at, size)
    if (!snooped) prepCoherent(api, host, at, size)
    return
  }
  for (let done = 0; done < size; done += PAGE_SIZE) {
    const page = phys(at + done)
    mem.zeroHighmemPage(page)
    tell(page, PAGE_SIZE)
    if (!snooped) cache.dmacFlushPhys(page, PAGE_SIZE)
  }
  if (!snooped) cache.outerFlush(at, size)
}
