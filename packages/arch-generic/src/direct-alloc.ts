// Coherent memory of dma-direct: contiguous pages the device reaches, remapped uncached for a device that does not snoop.
import type {
  Coherent,
  DmaAddr,
  Host,
  KernelVaddr,
  KResult,
  MapKind,
  Pfn,
  PhysAddr,
  PluginApi,
  Swiotlb,
} from '@dmalab/api'
import type { DirectLimits } from './direct-limits.ts'

export interface DirectAlloc {
  alloc(size: number, attrs: number, owner: string): KResult<Coherent>
  /** For a caller that may not sleep. */
  allocAtomic(size: number, attrs: number, owner: string): KResult<Coherent>
  free(size: number, cpuAddr: KernelVaddr, handle: DmaAddr, attrs: number): void
  /** dma_pgprot: how the CPU maps such memory. */
  kind(attrs: number): MapKind
}

/**
 * Models: Linux v6.12 kernel/dma/direct.c: dma_direct_alloc, dma_direct_free
 * Leaves out: arm's __dma_remap of the linear map, in place of which lowmem is remapped as highmem is.
 */
export const directAlloc = (api: PluginApi, host: Host, limits: DirectLimits): DirectAlloc => {
  const { mem, device } = host
  const { ATTR, PAGE_SIZE, fail, has, hex, ok, pageAlign, physOf, pfnOf } = api
  const remapped = new Set<KernelVaddr>()
  const archAllocates = host.kernel.arch.allocatesCoherent && !device.facts.coherent
  const restricted = () => {
    const pool = host.swiotlb()
    return pool?.forAlloc === true ? pool : null
  }

  const kind = (attrs: number): MapKind => {
    if (device.facts.coherent) return 'cached'
    return has(attrs, ATTR.WRITE_COMBINE) ? 'writecombine' : 'uncached'
  }

  const highest = (): PhysAddr | undefined => host.dmaToPhys(limits.coherentLimit() as DmaAddr)
  const reached = (got: KResult<Pfn>, len: number): KResult<PhysAddr> => {
    if (!got.ok) return got
    const at = physOf(got.value)
    if (limits.coherentOk(at, len)) return ok(at)
    mem.freeContiguous(got.value, len)
    return fail('ENOMEM', `${device.name} does not reach the memory at ${hex(at)}`)
  }

  /** Models: Linux v6.12 kernel/dma/direct.c: dma_direct_alloc_swiotlb */
  const fromRestricted = (pool: Swiotlb, len: number, owner: string): KResult<PhysAddr> => {
    const got = pool.alloc(len)
    if (!got.ok) return got
    if (limits.coherentOk(got.value, len)) {
      mem.own(got.value, len, owner)
      return got
    }
    pool.free(got.value, len)
    return fail('ENOMEM', `${device.name} does not reach its restricted pool at ${hex(got.value)}`)
  }

  /**
   * CMA as far as it may block and is reached, else pages. 32-bit ARM takes memory that is remapped from CMA alone where there is any.
   *
   * Models: Linux v6.12 kernel/dma/direct.c: __dma_direct_alloc_pages
   * Models: Linux v6.12 arch/arm/mm/dma-mapping.c: __dma_alloc
   */
  const allocPages = (len: number, owner: string, mayBlock: boolean): KResult<PhysAddr> => {
    const pool = restricted()
    if (pool !== null) return fromRestricted(pool, len, owner)
    // get_order(0) is more than the page allocator has; CMA has nothing for a count of 0.
    if (len === 0) return fail('ENOMEM', 'no block is of 0 bytes')
    const limit = highest()
    const options = { owner, ...(limit === undefined ? {} : { limit }) }
    if (archAllocates) return reached(host.allocContiguous(len, options), len)
    const pfn = mayBlock ? host.allocFromCma(len, owner) : undefined
    const fromCma = pfn === undefined ? undefined : reached(ok(pfn), len)
    if (fromCma?.ok === true) return fromCma
    const pages = reached(mem.allocPages(len, options), len)
    // The pages only stand in: what was missing is CMA.
    if (pages.ok || !mayBlock || len <= PAGE_SIZE) return pages
    const area = device.cmaArea === undefined ? 'the default CMA area' : `the CMA area ${device.cmaArea}`
    return fail(pages.errno, `${fromCma === undefined ? host.cmaLacks(len) : `${area}: ${fromCma.why}`}; ${pages.why}`)
  }

  const freePages = (at: PhysAddr, len: number): void => {
    const pool = restricted()
    if (pool?.contains(at) === true) {
      mem.disown(at, len)
      pool.free(at, len)
    } else mem.freeContiguous(pfnOf(at), len)
  }

  const mapped = (at: PhysAddr, len: number, attrs: number): KResult<KernelVaddr> => {
    if (device.facts.coherent && !mem.isHighmemPfn(pfnOf(at))) return ok(mem.linearAddress(at))
    host.arch.prepCoherent(at, len)
    const window = mem.remap(at, len, kind(attrs))
    if (window.ok) remapped.add(window.value)
    return window
  }

  const alloc = (size: number, attrs: number, owner: string, mayBlock: boolean): KResult<Coherent> => {
    const len = pageAlign(size)
    const got = allocPages(len, owner, mayBlock)
    if (!got.ok) return got
    const at = got.value
    const handle = host.physToDma(at)
    if (handle === undefined) throw new Error('memory that is coherent-ok has a bus address')
    if (has(attrs, ATTR.NO_KERNEL_MAPPING) && restricted() === null) {
      host.arch.prepCoherent(at, len)
      return ok({ cpuAddr: mem.pageStructAddress(pfnOf(at)), handle })
    }
    const cpuAddr = mapped(at, len, attrs)
    if (!cpuAddr.ok) {
      freePages(at, len)
      return cpuAddr
    }
    mem.memset(cpuAddr.value, 0, len)
    return ok({ cpuAddr: cpuAddr.value, handle })
  }

  /** Models: Linux v6.12 kernel/dma/direct.c: dma_direct_optimal_gfp_mask */
  const zoneOf = (): 'dma' | 'dma32' | 'normal' => {
    const limit = highest() ?? Infinity
    if (limit <= (host.kernel.zoneDmaLimit ?? -1)) return 'dma'
    return limit <= 2 ** 32 - 1 ? 'dma32' : 'normal'
  }

  /**
   * 32-bit ARM does not ask whether the device reaches its pool.
   *
   * Models: Linux v6.12 kernel/dma/direct.c: dma_direct_alloc_from_pool
   * Models: Linux v6.12 arch/arm/mm/dma-mapping.c: pool_allocator_alloc
   */
  const fromAtomicPool = (len: number, owner: string, quiet: boolean): KResult<Coherent> => {
    const reachable = archAllocates ? {} : { reachable: (at: PhysAddr, size: number) => limits.coherentOk(at, size) }
    const got = host.allocFromAtomicPool(len, { owner, zone: zoneOf(), quiet, ...reachable })
    if (!got.ok) return got
    const handle = host.physToDma(got.value.phys)
    if (handle !== undefined) return ok({ cpuAddr: got.value.cpuAddr, handle })
    host.freeToAtomicPool(got.value.cpuAddr, len)
    return fail('ENOMEM', `${device.name} has no window onto ${hex(got.value.phys)}`)
  }

  return {
    kind,

    alloc: (size, attrs, owner) => alloc(size, attrs, owner, true),

    /** Remapping may sleep, so a device that does not snoop is served from memory that was mapped at boot. */
    allocAtomic(size, attrs, owner) {
      const cookie = has(attrs, ATTR.NO_KERNEL_MAPPING) && !archAllocates
      if (device.facts.coherent || cookie || restricted() !== null) return alloc(size, attrs, owner, false)
      return fromAtomicPool(pageAlign(size), owner, has(attrs, ATTR.NO_WARN))
    },

    /** The pages come from the handle, whatever the caller says of the CPU address. */
    free(size, cpuAddr, handle, _attrs) {
      if (host.freeToAtomicPool(cpuAddr, pageAlign(size))) return
      if (remapped.delete(cpuAddr)) mem.unmap(cpuAddr)
      const at = host.dmaToPhys(handle)
      if (at === undefined)
        host.printk('warn', `${api.devString(device)}: no window for ${hex(handle)}: its pages are lost`)
      else freePages(at, pageAlign(size))
    },
  }
}
