// The op tables `arm` and `arm-coherent`: direct mapping with cache maintenance, and without.
import {
  type DmaAddr,
  type DmaOps,
  type DmaOpsDef,
  type EntryPass,
  type Host,
  type KResult,
  type Pfn,
  type PluginApi,
  type SgEntry,
  type SgPage,
} from '@dmalab/api'
import { coherentMemory } from './coherent-memory.ts'
import { maskCheck } from './dma-supported.ts'
import { pageCodeOf, pageMaintenance } from './page-maintenance.ts'

const SYMBOLS: DmaOpsDef['symbols'] = {
  alloc: ['arm_dma_alloc'],
  free: ['arm_dma_free'],
  mmap: ['arm_dma_mmap'],
  getSgtable: ['arm_dma_get_sgtable'],
  mapPage: ['arm_dma_map_page'],
  unmapPage: ['arm_dma_unmap_page'],
  mapSg: ['arm_dma_map_sg'],
  unmapSg: ['arm_dma_unmap_sg'],
  syncSingleForCpu: ['arm_dma_sync_single_for_cpu'],
  syncSingleForDevice: ['arm_dma_sync_single_for_device'],
  syncSgForCpu: ['arm_dma_sync_sg_for_cpu'],
  syncSgForDevice: ['arm_dma_sync_sg_for_device'],
}

const CAPS = {
  pageless: 'fabricated',
  maintainsCaches: true,
  syncTouchesPage: true,
  mergesSegments: false,
  bounces: false,
  translates: false,
} as const satisfies DmaOpsDef['caps']

/** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: arm_dma_ops */
export const armOps = (api: PluginApi): DmaOpsDef => ({
  name: 'arm',
  source: 'Linux v4.11 arch/arm/mm/dma-mapping.c: arm_dma_ops',
  caps: CAPS,
  symbols: SYMBOLS,
  attach: (_device, host) => armTable(api, host, false),
})

/**
 * Shares everything but the cache work; the kernel's table has no unmap and no sync operations, so those do nothing.
 * Models: Linux v4.11 arch/arm/mm/dma-mapping.c: arm_coherent_dma_ops
 */
export const armCoherentOps = (api: PluginApi): DmaOpsDef => ({
  name: 'arm-coherent',
  source: 'Linux v4.11 arch/arm/mm/dma-mapping.c: arm_coherent_dma_ops',
  caps: { ...CAPS, maintainsCaches: false, syncTouchesPage: false },
  symbols: {
    ...SYMBOLS,
    alloc: ['arm_coherent_dma_alloc'],
    free: ['arm_coherent_dma_free'],
    mmap: ['arm_coherent_dma_mmap'],
    mapPage: ['arm_coherent_dma_map_page'],
  },
  attach: (_device, host) => ({ ...armTable(api, host, true), ...withoutTeardown() }),
})

const withoutTeardown = (): Partial<DmaOps> => {
  const nothing = (): void => {}
  return {
    unmapPage: nothing,
    unmapSg: nothing,
    syncSingleForCpu: nothing,
    syncSingleForDevice: nothing,
    syncSgForCpu: nothing,
    syncSgForDevice: nothing,
  }
}

/** `masks`: which ones the kernel takes on this machine. */
export const armTable = (api: PluginApi, host: Host, coherent: boolean, masks = maskCheck(api, host)): DmaOps => {
  const { mem, skip } = host
  const { ATTR, PAGE_SIZE, fail, has, hex, ok, pageAlign, pagesFor, pfnOf, physOf } = api
  const memory = coherentMemory(api, host, coherent, masks)
  const caches = pageMaintenance(api, host, pageCodeOf(host.kernel.arch))

  /** DMA_ERROR_CODE: what map_page returns, and the failed entry keeps. */
  const errorCode = (2 ** (8 * host.kernel.dmaAddrSize) - 1) as DmaAddr
  /** Bus address of a page: arithmetic with the device's pfn offset, valid page or not. */
  const pfnToDma = (pfn: Pfn, offset: number): DmaAddr | undefined => host.physToDma(physOf(pfn, offset))
  /** Models: Linux v4.11 arch/arm/include/asm/dma-mapping.h: dma_to_pfn */
  const dmaToPfn = (handle: DmaAddr): Pfn => pfnOf(host.dmaToPhys(handle) ?? (handle as never))
  const pageOf = (handle: DmaAddr): SgPage => ({ kind: 'page', pfn: dmaToPfn(handle) })

  const mapPage: DmaOps['mapPage'] = (page, offset, size, dir, attrs) => {
    if (!coherent && !has(attrs, ATTR.SKIP_CPU_SYNC)) caches.cpuToDev(page, offset, size, dir)
    const handle = pfnToDma(mem.pageToPfn(page), offset)
    return handle === undefined ? fail('EIO', 'no window reaches this page') : ok(handle)
  }

  const unmapPage: DmaOps['unmapPage'] = (handle, size, dir, attrs) => {
    if (!has(attrs, ATTR.SKIP_CPU_SYNC)) caches.devToCpu(pageOf(handle), handle % PAGE_SIZE, size, dir)
  }

  const syncSingleForCpu: DmaOps['syncSingleForCpu'] = (handle, size, dir) =>
    caches.devToCpu(pageOf(handle), handle % PAGE_SIZE, size, dir)
  const syncSingleForDevice: DmaOps['syncSingleForDevice'] = (handle, size, dir) =>
    caches.cpuToDev(pageOf(handle), handle % PAGE_SIZE, size, dir)

  /** sg_dma_len(): without a member of its own it is the length. */
  const dmaLength = ({ length, dmaLength: own }: SgEntry): number => (host.kernel.sgDmaLength ? own : length)

  /** What the passes of the operations have in common: unmap and sync get a bus address, and find the page through it. */
  const pass = (more: Pick<EntryPass, 'dir' | 'maintain' | 'skip' | 'batch'> & Partial<EntryPass>): EntryPass => ({
    summary: null,
    assign: false,
    byBusAddress: true,
    byDmaLength: false,
    checkReach: false,
    ...more,
  })

  return {
    /** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: arm_dma_alloc */
    alloc: (size, attrs, owner) => memory.alloc(size, attrs, owner),
    allocAtomic: (size, attrs, owner) => memory.allocAtomic(size, attrs, owner),
    free: (size, cpuAddr) => memory.free(size, cpuAddr),

    /** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __arm_dma_mmap */
    mmap: (cpuAddr, handle, size, pgoff, userLen, attrs) => {
      const kind = coherent ? 'cached' : has(attrs, ATTR.WRITE_COMBINE) ? 'writecombine' : 'uncached'
      const pooled = host.mmapFromDevCoherent(cpuAddr, size, pgoff, userLen)
      if (pooled !== undefined) return pooled.ok ? ok({ ...pooled.value, kind }) : pooled
      const pages = pagesFor(size)
      if (pgoff >= pages || pagesFor(userLen) > pages - pgoff)
        return fail('ENXIO', 'the mapping is longer than the buffer')
      return ok({ phys: physOf((dmaToPfn(handle) + pgoff) as Pfn), len: pageAlign(userLen), kind })
    },

    /** The page pointer is computed, never checked. Models: Linux v4.11 arch/arm/mm/dma-mapping.c: arm_dma_get_sgtable */
    getSgtable: (_cpuAddr, handle, size) => {
      const list = host.sgAlloc(1)
      if (!list.ok) return list
      list.value.setPage(0, pageOf(handle), pageAlign(size), 0)
      return list
    },

    mapPage,
    unmapPage,

    /** A failed entry undoes the ones before it, tagged or not. Models: Linux v4.11 arch/arm/mm/dma-mapping.c: arm_dma_map_sg */
    mapSg: (list, nents, dir, attrs): KResult<number> => {
      const ops = host.ops()
      const quiet = coherent || has(attrs, ATTR.SKIP_CPU_SYNC)
      const batch = ops.mapPage === mapPage
      let failure: KResult<DmaAddr> | undefined
      const maintain = quiet ? 'none' : 'map'
      const how = pass({ summary: 'map_sg', dir, maintain, skip: skip.map, assign: true, byBusAddress: false, batch })
      const done = host.forEachEntry(list, nents, how, (i) => {
        const entry = list.entry(i)
        const mapped = host.call(coherent ? 'arm_coherent_dma_map_page' : 'arm_dma_map_page', () =>
          ops.mapPage(entry.page, entry.offset, entry.length, dir, attrs),
        )
        if (!mapped.ok) failure = mapped
        const length = mapped.ok || host.kernel.sgDmaLength ? entry.length : entry.dmaLength
        list.setDma(i, mapped.ok ? mapped.value : errorCode, length)
        return mapped.ok
      })
      if (failure === undefined || failure.ok) return ok(nents)
      for (let j = 0; j < done; j++) {
        const entry = list.entry(j)
        host.call('arm_dma_unmap_page', () => ops.unmapPage(entry.dmaAddress, dmaLength(entry), dir, attrs))
      }
      return fail(failure.errno, `entry ${done}: ${failure.why}`)
    },

    /** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: arm_dma_unmap_sg */
    unmapSg: (list, nents, dir, attrs) => {
      const ops = host.ops()
      const quiet = has(attrs, ATTR.SKIP_CPU_SYNC) || dir === api.DIR.TO_DEVICE
      const batch = ops.unmapPage === unmapPage
      const maintain = quiet ? 'none' : 'unmap'
      const how = pass({ summary: 'unmap_sg', dir, maintain, skip: skip.unmap, byDmaLength: true, batch })
      host.forEachEntry(list, nents, how, (i) => {
        const entry = list.entry(i)
        host.call('arm_dma_unmap_page', () => ops.unmapPage(entry.dmaAddress, dmaLength(entry), dir, attrs))
        return true
      })
    },

    mapResource: (at) => {
      const handle = host.physToDma(at)
      return handle === undefined ? fail('EIO', `no window reaches ${hex(at)}`) : ok(handle)
    },
    unmapResource: () => {},

    syncSingleForCpu,
    syncSingleForDevice,

    /** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: arm_dma_sync_sg_for_cpu */
    syncSgForCpu: (list, nents, dir) => {
      const ops = host.ops()
      const maintain = dir === api.DIR.TO_DEVICE ? 'none' : 'unmap'
      const batch = ops.syncSingleForCpu === syncSingleForCpu
      host.forEachEntry(list, nents, pass({ dir, maintain, skip: skip.sync, batch }), (i) => {
        const { dmaAddress, length } = list.entry(i)
        host.call('arm_dma_sync_single_for_cpu', () => ops.syncSingleForCpu(dmaAddress, length, dir))
        return true
      })
    },

    /** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: arm_dma_sync_sg_for_device */
    syncSgForDevice: (list, nents, dir) => {
      const ops = host.ops()
      const batch = ops.syncSingleForDevice === syncSingleForDevice
      host.forEachEntry(list, nents, pass({ dir, maintain: 'map', skip: skip.sync, batch }), (i) => {
        const { dmaAddress, length } = list.entry(i)
        host.call('arm_dma_sync_single_for_device', () => ops.syncSingleForDevice(dmaAddress, length, dir))
        return true
      })
    },

    dmaSupported: (bits) => masks.supports(2 ** bits - 1),
    requiredMaskBits: () => 32,
    maxMappingSize: () => Infinity,
  }
}
