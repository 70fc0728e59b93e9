// The op table `dma-direct`: bus addresses by arithmetic, a bounce where the device does not reach, no check in get_sgtable.
import type { DmaAddr, DmaOps, DmaOpsDef, EntryPass, Host, KResult, Pfn, PluginApi, SgPage } from '@dmalab/api'
import { directAlloc } from './direct-alloc.ts'
import { directLimits, overflowText } from './direct-limits.ts'
import { directStreaming } from './direct-streaming.ts'

/** Models: Linux v6.12 kernel/dma/direct.h: dma_direct_map_page, dma_direct_unmap_page, dma_direct_sync_single_for_cpu */
export const directOps = (api: PluginApi): DmaOpsDef => ({
  name: 'dma-direct',
  source: 'Linux v6.12 kernel/dma/direct.c, kernel/dma/direct.h',
  caps: {
    pageless: 'fabricated',
    maintainsCaches: true,
    syncTouchesPage: true,
    mergesSegments: false,
    bounces: true,
    translates: false,
  },
  symbols: {
    alloc: ['dma_alloc_attrs', 'dma_direct_alloc'],
    free: ['dma_free_attrs', 'dma_direct_free'],
    mmap: ['dma_mmap_attrs', 'dma_direct_mmap'],
    getSgtable: ['dma_get_sgtable_attrs', 'dma_direct_get_sgtable'],
    mapPage: ['dma_map_page_attrs'],
    unmapPage: ['dma_unmap_page_attrs'],
    mapSg: ['__dma_map_sg_attrs', 'dma_direct_map_sg'],
    unmapSg: ['dma_unmap_sg_attrs', 'dma_direct_unmap_sg'],
    mapResource: ['dma_map_resource', 'dma_direct_map_resource'],
    unmapResource: ['dma_unmap_resource'],
    syncSingleForCpu: ['__dma_sync_single_for_cpu'],
    syncSingleForDevice: ['__dma_sync_single_for_device'],
    syncSgForCpu: ['__dma_sync_sg_for_cpu', 'dma_direct_sync_sg_for_cpu'],
    syncSgForDevice: ['__dma_sync_sg_for_device', 'dma_direct_sync_sg_for_device'],
  },
  attach: (_device, host) => table(api, host),
})

const table = (api: PluginApi, host: Host): DmaOps => {
  const { device, mem, skip } = host
  const { ATTR, fail, has, hex, ok, pageAlign, pagesFor, pfnOf, physOf } = api
  const limits = directLimits(api, host)
  const streaming = directStreaming(api, host, limits)
  const memory = directAlloc(api, host, limits)
  const maintains = !device.facts.coherent
  /** DMA_MAPPING_ERROR: what map_page returns, and the failed entry of a list keeps. */
  const mappingError = (2 ** (8 * host.kernel.dmaAddrSize) - 1) as DmaAddr

  const mapPage: DmaOps['mapPage'] = (page, offset, size, dir, attrs) =>
    streaming.map(physOf(mem.pageToPfn(page), offset), size, dir, attrs)
  const unmapPage: DmaOps['unmapPage'] = (handle, size, dir, attrs) => streaming.unmap(handle, size, dir, attrs)
  const syncSingleForCpu: DmaOps['syncSingleForCpu'] = (handle, size, dir) => streaming.forCpu(handle, size, dir)
  const syncSingleForDevice: DmaOps['syncSingleForDevice'] = (handle, size, dir) =>
    streaming.forDevice(handle, size, dir)

  const passOf = (more: Pick<EntryPass, 'summary' | 'dir' | 'maintain' | 'skip' | 'batch'> & Partial<EntryPass>) => ({
    assign: false,
    byBusAddress: true,
    byDmaLength: false,
    checkReach: false,
    ...more,
  })

  return {
    alloc: (size, attrs, owner) => memory.alloc(size, attrs, owner),
    allocAtomic: (size, attrs, owner) => memory.allocAtomic(size, attrs, owner),
    free: (size, cpuAddr, handle, attrs) => memory.free(size, cpuAddr, handle, attrs),

    /** Models: Linux v6.12 kernel/dma/direct.c: dma_direct_mmap */
    mmap(cpuAddr, handle, size, pgoff, userLen, attrs) {
      const pooled = host.mmapFromDevCoherent(cpuAddr, size, pgoff, userLen)
      if (pooled !== undefined) return pooled
      const pages = pagesFor(size)
      if (pgoff >= pages || pagesFor(userLen) > pages - pgoff)
        return fail('ENXIO', `the mapping passes the ${pages} pages of the buffer`)
      const at = host.dmaToPhys(handle)
      if (at === undefined) return fail('ENXIO', `no window for ${hex(handle)}`)
      return ok({ phys: physOf((pfnOf(at) + pgoff) as Pfn), len: pageAlign(userLen), kind: memory.kind(attrs) })
    },

    /** The page is computed from the handle; whether there is one is not asked. Models: Linux v6.12 kernel/dma/direct.c: dma_direct_get_sgtable */
    getSgtable(_cpuAddr, handle, size) {
      const list = host.sgAlloc(1)
      if (!list.ok) return list
      const at = host.dmaToPhys(handle) ?? physOf(0 as Pfn)
      const page: SgPage = { kind: 'page', pfn: pfnOf(at) }
      list.value.setPage(0, page, pageAlign(size), 0)
      return list
    },

    mapPage,
    unmapPage,

    /** Models: Linux v6.12 kernel/dma/direct.c: dma_direct_map_sg */
    mapSg(list, nents, dir, attrs): KResult<number> {
      const ops = host.ops()
      const sync = maintains && !has(attrs, ATTR.SKIP_CPU_SYNC)
      const bounces = host.swiotlb()?.force === true || host.kmallocSgNeedsBounce(list, nents, dir)
      const how = passOf({
        summary: 'map_sg',
        dir,
        maintain: sync ? 'map' : 'none',
        skip: skip.map,
        assign: true,
        byBusAddress: false,
        checkReach: true,
        batch: ops.mapPage === mapPage && !bounces && !has(attrs, streaming.special),
      })
      let failure: KResult<DmaAddr> | undefined
      const done = host.forEachEntry(list, nents, how, (i) => {
        const { page, offset, length, dmaLength } = list.entry(i)
        const mapped = ops.mapPage(page, offset, length, dir, attrs)
        if (!mapped.ok) failure = mapped
        list.setDma(i, mapped.ok ? mapped.value : mappingError, mapped.ok ? length : dmaLength)
        return mapped.ok
      })
      if (failure === undefined || failure.ok) return ok(nents)
      for (let j = 0; j < done; j++) {
        const { dmaAddress, dmaLength } = list.entry(j)
        ops.unmapPage(dmaAddress, dmaLength, dir, attrs + (has(attrs, ATTR.SKIP_CPU_SYNC) ? 0 : ATTR.SKIP_CPU_SYNC))
      }
      return fail('EIO', `entry ${done}: ${failure.why}`)
    },

    /** Models: Linux v6.12 kernel/dma/direct.c: dma_direct_unmap_sg */
    unmapSg(list, nents, dir, attrs) {
      const ops = host.ops()
      const sync = maintains && !has(attrs, ATTR.SKIP_CPU_SYNC)
      const special = has(attrs, streaming.special)
      const batch = ops.unmapPage === unmapPage && !special && streaming.nothingBounced()
      const maintain = sync ? 'unmap' : 'none'
      const how = passOf({ summary: 'unmap_sg', dir, maintain, skip: skip.unmap, byDmaLength: true, batch })
      host.forEachEntry(list, nents, how, (i) => {
        const { dmaAddress, dmaLength } = list.entry(i)
        ops.unmapPage(dmaAddress, dmaLength, dir, attrs)
        return true
      })
    },

    /** No translation, no bounce: the address goes out as it is. Models: Linux v6.12 kernel/dma/direct.c: dma_direct_map_resource */
    mapResource(at, size, dir, attrs) {
      if (host.kernel.mapsByPhys) return streaming.map(at, size, dir, attrs)
      const handle = at as number as DmaAddr
      if (limits.capable(handle, size)) return ok(handle)
      host.printk('err', `${api.devString(device)}: ${overflowText('DMA addr', handle, size, host)}`)
      return fail('EIO', `${device.name} does not reach ${hex(at)}`)
    },
    unmapResource: () => {},

    syncSingleForCpu,
    syncSingleForDevice,

    /** Models: Linux v6.12 kernel/dma/direct.c: dma_direct_sync_sg_for_cpu */
    syncSgForCpu(list, nents, dir) {
      const ops = host.ops()
      const batch = ops.syncSingleForCpu === syncSingleForCpu && streaming.nothingBounced()
      const maintain = maintains ? 'unmap' : 'none'
      const how = passOf({ summary: 'sync_sg_for_cpu', dir, maintain, skip: skip.sync, batch })
      host.forEachEntry(list, nents, how, (i) => {
        const { dmaAddress, length } = list.entry(i)
        ops.syncSingleForCpu(dmaAddress, length, dir)
        return true
      })
    },

    /** Models: Linux v6.12 kernel/dma/direct.c: dma_direct_sync_sg_for_device */
    syncSgForDevice(list, nents, dir) {
      const ops = host.ops()
      const batch = ops.syncSingleForDevice === syncSingleForDevice && streaming.nothingBounced()
      const maintain = maintains ? 'map' : 'none'
      const how = passOf({ summary: 'sync_sg_for_device', dir, maintain, skip: skip.sync, batch })
      host.forEachEntry(list, nents, how, (i) => {
        const { dmaAddress, length } = list.entry(i)
        ops.syncSingleForDevice(dmaAddress, length, dir)
        return true
      })
    },

    dmaSupported: (bits) => limits.supported(2 ** bits - 1),
    requiredMaskBits: () => limits.requiredMaskBits(),
    maxMappingSize: () => limits.maxMappingSize(),
  }
}
