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
import type { MaskCheck } from './dma-supported.ts'

interface Block {
  readonly pfn: Pfn
  readonly size: number
  /** Made in the vmalloc window, or an attribute change of the linear map. */
  readonly remapped: boolean
  readonly mapped: boolean
}

/** Where the pages come from. */
type Take = (len: number, options: { readonly owner: string; readonly limit?: number }) => KResult<Pfn>

export interface CoherentMemory {
  alloc(size: number, attrs: number, owner: string): KResult<Coherent>
  /** For a caller that may not sleep. */
  allocAtomic(size: number, attrs: number, owner: string): KResult<Coherent>
  free(size: number, cpuAddr: KernelVaddr): void
}

/** @param coherent the device snoops the CPU's caches */
export const coherentMemory = (api: PluginApi, host: Host, coherent: boolean, masks: MaskCheck): CoherentMemory => {
  const { mem, device } = host
  const { ATTR, ok, fail, has, hex, pageAlign, physOf, pfnOf } = api
  const blocks = new Map<KernelVaddr, Block>()

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

  /** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __dma_alloc, __alloc_from_contiguous */
  const alloc = (size: number, attrs: number, owner: string, take: Take): KResult<Coherent> => {
    const len = pageAlign(size)
    // get_order(0) is more than the page allocator has; CMA has nothing for a count of 0.
    if (len === 0) return fail('ENOMEM', 'no block is of 0 bytes')
    const limit = masks.coherentMask()
    if (!limit.ok) return limit
    const highest = host.dmaToPhys(limit.value as never)
    const pages = take(len, { owner, ...(highest === undefined ? {} : { limit: highest }) })
    if (!pages.ok) return pages
    const handle = host.physToDma(physOf(pages.value))
    if (handle === undefined) return fail('ENOMEM', `${device.name} has no window onto ${hex(physOf(pages.value))}`)
    host.arch.clearBuffer(physOf(pages.value), len, coherent)
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
  }

  return {
    alloc: (size, attrs, owner) => alloc(size, attrs, owner, (len, options) => host.allocContiguous(len, options)),

    /**
     * A device that snoops gets pages, any other one memory that was mapped at boot.
     *
     * Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __alloc_from_pool, __alloc_simple_buffer
     */
    allocAtomic(size, attrs, owner) {
      if (coherent) return alloc(size, attrs, owner, (len, options) => mem.allocPages(len, options))
      const limit = masks.coherentMask()
      if (!limit.ok) return limit
      const len = pageAlign(size)
      const got = host.allocFromAtomicPool(len, { owner, zone: 'normal', quiet: true })
      if (!got.ok) return got
      const handle = host.physToDma(got.value.phys)
      if (handle !== undefined) return ok({ cpuAddr: got.value.cpuAddr, handle })
      host.freeToAtomicPool(got.value.cpuAddr, len)
      return fail('ENOMEM', `${device.name} has no window onto ${hex(got.value.phys)}`)
    },

    /** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __arm_dma_free */
    free: (size, cpuAddr) => {
      if (host.freeToAtomicPool(cpuAddr, pageAlign(size))) return
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
