// Coherent memory of dma-direct: contiguous pages the device reaches, remapped uncached for a device that does not snoop.
import type { Coherent, DmaAddr, Host, KernelVaddr, KResult, MapKind, PhysAddr, PluginApi } from '@dmalab/api'
import type { DirectLimits } from './direct-limits.ts'

export interface DirectAlloc {
  alloc(size: number, attrs: number, owner: string): KResult<Coherent>
  free(size: number, cpuAddr: KernelVaddr, handle: DmaAddr, attrs: number): void
  /** dma_pgprot: how the CPU maps such memory. */
  kind(attrs: number): MapKind
}

/**
 * Models: Linux v6.12 kernel/dma/direct.c: dma_direct_alloc, dma_direct_free
 * Leaves out: atomic pools (no caller here allocates where it may not sleep); arm's __dma_remap of the linear map, in place of
 * which lowmem is remapped as highmem is.
 */
export const directAlloc = (api: PluginApi, host: Host, limits: DirectLimits): DirectAlloc => {
  const { mem, cache, device } = host
  const { ATTR, PAGE_SIZE, fail, has, hex, ok, pageAlign, physOf, pfnOf } = api
  const remapped = new Set<KernelVaddr>()
  const restricted = () => {
    const pool = host.swiotlb()
    return pool?.forAlloc === true ? pool : null
  }

  const kind = (attrs: number): MapKind => {
    if (device.facts.coherent) return 'cached'
    return has(attrs, ATTR.WRITE_COMBINE) ? 'writecombine' : 'uncached'
  }

  /** Models: Linux v6.12 kernel/dma/direct.c: __dma_direct_alloc_pages */
  const allocPages = (len: number, owner: string): KResult<PhysAddr> => {
    const pool = restricted()
    if (pool !== null) {
      const got = pool.alloc(len)
      if (!got.ok) return got
      if (limits.coherentOk(got.value, len)) {
        mem.own(got.value, len, owner)
        return got
      }
      pool.free(got.value, len)
      return fail('ENOMEM', `${device.name} does not reach its restricted pool at ${hex(got.value)}`)
    }
    const highest = host.dmaToPhys(limits.coherentLimit() as DmaAddr)
    const got = mem.allocContiguous(len, { owner, ...(highest === undefined ? {} : { limit: highest }) })
    if (!got.ok) return got
    const at = physOf(got.value)
    if (limits.coherentOk(at, len)) return ok(at)
    mem.freeContiguous(got.value, len)
    return fail('ENOMEM', `${device.name} does not reach the memory at ${hex(at)}`)
  }

  const freePages = (at: PhysAddr, len: number): void => {
    const pool = restricted()
    if (pool?.contains(at) === true) {
      mem.disown(at, len)
      pool.free(at, len)
    } else mem.freeContiguous(pfnOf(at), len)
  }

  /** Clean and invalidate, so that no dirty line of the linear map lands in the buffer later. */
  const prepCoherent = (at: PhysAddr, len: number): void => {
    if (!mem.isHighmemPfn(pfnOf(at))) {
      cache.dmacFlush(mem.linearAddress(at), len)
      cache.outerFlush(at, len)
      return
    }
    for (let done = 0; done < len; done += PAGE_SIZE) cache.dmacFlushPhys((at + done) as PhysAddr, PAGE_SIZE)
    cache.outerFlush(at, len)
  }

  const mapped = (at: PhysAddr, len: number, attrs: number): KResult<KernelVaddr> => {
    if (device.facts.coherent && !mem.isHighmemPfn(pfnOf(at))) return ok(mem.linearAddress(at))
    prepCoherent(at, len)
    const window = mem.remap(at, len, kind(attrs))
    if (window.ok) remapped.add(window.value)
    return window
  }

  return {
    kind,

    alloc(size, attrs, owner) {
      const len = pageAlign(size)
      const got = allocPages(len, owner)
      if (!got.ok) return got
      const at = got.value
      const handle = host.physToDma(at)
      if (handle === undefined) throw new Error('memory that is coherent-ok has a bus address')
      if (has(attrs, ATTR.NO_KERNEL_MAPPING) && restricted() === null) {
        prepCoherent(at, len)
        return ok({ cpuAddr: mem.pageStructAddress(pfnOf(at)), handle })
      }
      const cpuAddr = mapped(at, len, attrs)
      if (!cpuAddr.ok) {
        freePages(at, len)
        return cpuAddr
      }
      mem.memset(cpuAddr.value, 0, len)
      return ok({ cpuAddr: cpuAddr.value, handle })
    },

    /** The pages come from the handle, whatever the caller says of the CPU address. */
    free(size, cpuAddr, handle, _attrs) {
      if (remapped.delete(cpuAddr)) mem.unmap(cpuAddr)
      const at = host.dmaToPhys(handle)
      if (at === undefined)
        host.printk('warn', `${api.devString(device)}: no window for ${hex(handle)}: its pages are lost`)
      else freePages(at, pageAlign(size))
    },
  }
}
