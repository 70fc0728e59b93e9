// Coherent memory of arch/arm: contiguous pages, cleared and flushed, mapped uncached or write-combined.
import {
  type Coherent,
  type Host,
  type KResult,
  type KernelVaddr,
  type MapKind,
  type Pfn,
  type PluginApi,
} from '@dmalab/api'

interface Block {
  readonly pfn: Pfn
  readonly size: number
  /** Made in the vmalloc window, or an attribute change of the linear map. */
  readonly remapped: boolean
  readonly mapped: boolean
}

export interface CoherentMemory {
  alloc(size: number, attrs: number, owner: string): KResult<Coherent>
  free(size: number, cpuAddr: KernelVaddr): void
  /** The clearing done when a buffer is made. `coherent`: the device snoops, so no cache work. */
  clear(pfn: Pfn, size: number, coherent: boolean): void
}

/** @param coherent the device snoops the CPU's caches */
export const coherentMemory = (api: PluginApi, host: Host, coherent: boolean): CoherentMemory => {
  const { mem, cache, device } = host
  const { ATTR, DIR, PAGE_SIZE, ok, fail, has, hex, pageAlign, physOf, pfnOf } = api
  const blocks = new Map<KernelVaddr, Block>()

  /** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __dma_clear_buffer */
  const clear = (pfn: Pfn, size: number, snooped: boolean): void => {
    const at = physOf(pfn)
    const zeroed = (base: number, len: number): void => {
      if (host.wants('page'))
        host.emit({ event: 'cache_maint', op: 'zero', physAddr: base, size: len, dir: DIR.BIDIRECTIONAL })
    }
    if (!mem.isHighmemPfn(pfn)) {
      const address = mem.linearAddress(at)
      mem.memset(address, 0, size)
      zeroed(at, size)
      if (snooped) return
      cache.dmacFlush(address, size)
      cache.outerFlush(at, size)
      return
    }
    for (let done = 0; done < size; done += PAGE_SIZE) {
      mem.zeroHighmemPage(physOf(pfn, done))
      zeroed(physOf(pfn, done), PAGE_SIZE)
      if (!snooped) cache.dmacFlushPhys(physOf(pfn, done), PAGE_SIZE)
    }
    if (!snooped) cache.outerFlush(at, size)
  }

  /** Lowmem pages keep their linear address with new attributes; highmem pages get a window. */
  const map = (pfn: Pfn, size: number, kind: MapKind): KResult<{ at: KernelVaddr; remapped: boolean }> => {
    const at = physOf(pfn)
    if (mem.isHighmemPfn(pfn)) {
      const window = mem.remap(at, size, kind)
      return window.ok ? ok({ at: window.value, remapped: true }) : window
    }
    if (kind !== 'cached') mem.setLinearKind(at, size, kind)
    return ok({ at: mem.linearAddress(at), remapped: false })
  }

  return {
    clear,

    /** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __dma_alloc, __alloc_from_contiguous */
    alloc: (size, attrs, owner) => {
      const len = pageAlign(size)
      const limit = 2 ** device.coherentMaskBits - 1
      const highest = host.dmaToPhys(limit as never)
      const pages = host.allocContiguous(len, { owner, ...(highest === undefined ? {} : { limit: highest }) })
      if (!pages.ok) return pages
      const handle = host.physToDma(physOf(pages.value))
      if (handle === undefined) return fail('ENOMEM', `${device.name} has no window onto ${hex(physOf(pages.value))}`)
      clear(pages.value, len, coherent)
      if (has(attrs, ATTR.NO_KERNEL_MAPPING)) {
        const cookie = mem.pageStructAddress(pages.value)
        blocks.set(cookie, { pfn: pages.value, size: len, remapped: false, mapped: false })
        return ok({ cpuAddr: cookie, handle })
      }
      const kind: MapKind = coherent ? 'cached' : has(attrs, ATTR.WRITE_COMBINE) ? 'writecombine' : 'uncached'
      const mapped = map(pages.value, len, kind)
      if (!mapped.ok) {
        mem.freeContiguous(pages.value, len)
        return mapped
      }
      blocks.set(mapped.value.at, { pfn: pages.value, size: len, remapped: mapped.value.remapped, mapped: true })
      return ok({ cpuAddr: mapped.value.at, handle })
    },

    /** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __arm_dma_free */
    free: (_size, cpuAddr) => {
      const block = blocks.get(cpuAddr)
      if (block === undefined) {
        host.printk('warn', `Freeing invalid buffer ${hex(cpuAddr)}`)
        return
      }
      blocks.delete(cpuAddr)
      if (block.remapped) mem.unmap(cpuAddr)
      else if (block.mapped) mem.setLinearKind(physOf(block.pfn), block.size, 'cached')
      mem.freeContiguous(pfnOf(physOf(block.pfn)), block.size)
    },
  }
}
