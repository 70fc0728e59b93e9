// The op tables `arm-iommu`, `arm-coherent-iommu` and `arm-v6-iommu`: a device behind an IOMMU, by arch/arm's own code.
import type {
  Device,
  DmaAddr,
  DmaOps,
  DmaOpsDef,
  Host,
  IommuDomain,
  IommuTrace,
  PhysAddr,
  PluginApi,
} from '@dmalab/api'
import { maskCheck } from './dma-supported.ts'
import { iommuCoherentMemory } from './iommu/coherent-memory.ts'
import { IovaBitmaps } from './iommu/iova-bitmaps.ts'
import { type ArmIommuParts, armIommuStreaming } from './iommu/streaming.ts'
import { pageCodeOf, pageMaintenance } from './page-maintenance.ts'

const CAPS = {
  // Memory without a page array is refused: it did not come from this table.
  pageless: 'refused',
  maintainsCaches: true,
  syncTouchesPage: true,
  mergesSegments: true,
  bounces: false,
  translates: true,
} as const satisfies DmaOpsDef['caps']

/** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: iommu_ops */
export const armIommuOps = (api: PluginApi): DmaOpsDef => ({
  name: 'arm-iommu',
  source: 'Linux v4.11 arch/arm/mm/dma-mapping.c: iommu_ops',
  caps: CAPS,
  symbols: {
    alloc: ['arm_iommu_alloc_attrs'],
    free: ['arm_iommu_free_attrs'],
    mmap: ['arm_iommu_mmap_attrs'],
    getSgtable: ['arm_iommu_get_sgtable'],
    mapPage: ['arm_iommu_map_page'],
    unmapPage: ['arm_iommu_unmap_page'],
    mapSg: ['arm_iommu_map_sg', '__iommu_map_sg', '__map_sg_chunk'],
    unmapSg: ['arm_iommu_unmap_sg', '__iommu_unmap_sg'],
    mapResource: ['arm_iommu_map_resource'],
    unmapResource: ['arm_iommu_unmap_resource'],
    syncSingleForCpu: ['arm_iommu_sync_single_for_cpu'],
    syncSingleForDevice: ['arm_iommu_sync_single_for_device'],
    syncSgForCpu: ['arm_iommu_sync_sg_for_cpu'],
    syncSgForDevice: ['arm_iommu_sync_sg_for_device'],
  },
  attach: (device, host) => table(api, device, host, false),
})

/** One table for devices that snoop and devices that do not. Models: Linux v6.12 arch/arm/mm/dma-mapping.c: iommu_ops */
export const armIommuOpsV6 = (api: PluginApi): DmaOpsDef => {
  const { symbols, ...rest } = armIommuOps(api)
  return {
    ...rest,
    name: 'arm-v6-iommu',
    source: 'Linux v6.12 arch/arm/mm/dma-mapping.c: iommu_ops',
    symbols: {
      ...symbols,
      mapSg: ['arm_iommu_map_sg', '__map_sg_chunk'],
      unmapSg: ['arm_iommu_unmap_sg'],
    },
    attach: (device, host) => table(api, device, host, device.facts.coherent),
  }
}

/** No cache work, and no sync operations. Models: Linux v4.11 arch/arm/mm/dma-mapping.c: iommu_coherent_ops */
export const armCoherentIommuOps = (api: PluginApi): DmaOpsDef => ({
  name: 'arm-coherent-iommu',
  source: 'Linux v4.11 arch/arm/mm/dma-mapping.c: iommu_coherent_ops',
  caps: { ...CAPS, maintainsCaches: false, syncTouchesPage: false },
  symbols: {
    alloc: ['arm_coherent_iommu_alloc_attrs'],
    free: ['arm_coherent_iommu_free_attrs'],
    mmap: ['arm_coherent_iommu_mmap_attrs'],
    getSgtable: ['arm_iommu_get_sgtable'],
    mapPage: ['arm_coherent_iommu_map_page'],
    unmapPage: ['arm_coherent_iommu_unmap_page'],
    mapSg: ['arm_coherent_iommu_map_sg', '__iommu_map_sg', '__map_sg_chunk'],
    unmapSg: ['arm_coherent_iommu_unmap_sg', '__iommu_unmap_sg'],
    mapResource: ['arm_iommu_map_resource'],
    unmapResource: ['arm_iommu_unmap_resource'],
  },
  attach: (device, host) => table(api, device, host, true),
})

/** Short descriptors with sections, large and small pages, as most 32-bit IOMMUs have them. */
const TABLES = {
  format: 'ARM_V7S',
  pageSizes: 4096 + 65536 + 2 ** 20,
  ias: 32,
  oas: 32,
  quirks: 2, // no permissions
  coherentWalk: false,
  apertureStart: 0,
  lazy: null,
} as const
const DEFAULT_SEGMENT = 65536

/**
 * Where the window makes no mapping, the device has the operations that it had without an IOMMU.
 * Models: Linux v6.12 arch/arm/mm/dma-mapping.c: arm_setup_iommu_dma_ops, arch_setup_dma_ops
 */
const table = (api: PluginApi, device: Device, host: Host, coherent: boolean): DmaOps => {
  const old = pageCodeOf(host.kernel.arch) === 'v4.11'
  const window = windowOf(device, host)
  const space = IovaBitmaps.create(api, window)
  if (!space.ok) {
    host.printk('warn', `Failed to create ${window.size}-byte IOMMU mapping for device ${device.name}`)
    const arm = coherent ? 'arm-coherent' : 'arm'
    return host.table(old ? arm : 'dma-direct')
  }
  const domain = openDomain(host)
  const parts = partsOf(api, device, host, domain, space.value)
  const streaming = armIommuStreaming(api, parts, coherent)
  const memory = iommuCoherentMemory(api, host, parts, streaming, coherent)
  host.setBusTranslation((at, len, write) => domain.translate(at, len, write))
  const masks = maskCheck(api, host)
  const nothing = (): void => {}

  return {
    alloc: (size, attrs, owner) => memory.alloc(size, attrs, owner),
    allocAtomic: (size, attrs, owner) => memory.allocAtomic(size, attrs, owner),
    free: (size, cpuAddr, handle) => memory.free(size, cpuAddr, handle),
    mmap: (cpuAddr, _handle, size, pgoff, userLen, attrs) => memory.mmap(cpuAddr, size, pgoff, userLen, attrs),
    getSgtable: (cpuAddr, _handle, size, attrs) => memory.getSgtable(cpuAddr, size, attrs),
    mapPage: (...args) => streaming.mapPage(...args),
    unmapPage: (...args) => streaming.unmapPage(...args),
    mapSg: (...args) => streaming.mapSg(...args),
    unmapSg: (...args) => streaming.unmapSg(...args),
    mapResource: (...args) => streaming.mapResource(...args),
    unmapResource: (handle, size) => streaming.unmapResource(handle, size),
    syncSingleForCpu: coherent ? nothing : (handle, size, dir) => streaming.syncSingle(handle, size, dir, 'cpu'),
    syncSingleForDevice: coherent ? nothing : (handle, size, dir) => streaming.syncSingle(handle, size, dir, 'device'),
    syncSgForCpu: coherent ? nothing : (list, nents, dir) => streaming.syncSg(list, nents, dir, 'cpu'),
    syncSgForDevice: coherent ? nothing : (list, nents, dir) => streaming.syncSg(list, nents, dir, 'device'),
    // Until v4.12 the architecture has one check for all tables; v6.12 has no operation for it: any mask will do.
    dmaSupported: (bits) => !old || masks.supports(2 ** bits - 1),
    requiredMaskBits: () => 32,
    maxMappingSize: () => Infinity,
  }
}

const partsOf = (
  api: PluginApi,
  device: Device,
  host: Host,
  domain: IommuDomain,
  space: IovaBitmaps,
): ArmIommuParts => {
  host.counts('pages of bus addresses', () => space.live)
  const physWrap = 2 ** (8 * host.kernel.dmaAddrSize)
  const code = pageCodeOf(host.kernel.arch)
  return {
    code,
    space: {
      alloc: (size) => (host.injected('iova') ? undefined : space.alloc(size)),
      free: (at, size) => space.free(at, size),
    },
    caches: pageMaintenance(api, host, code),
    errorCode: (2 ** (8 * host.kernel.dmaAddrSize) - 1) as DmaAddr,
    maxSegment: device.facts.maxSegmentSize ?? DEFAULT_SEGMENT,
    mapper: {
      map: (at, to, len, prot) => domain.mapAt(at, to, len, prot),
      unmap: (at, len) => {
        if (len > 0) domain.unmapAt(at, len)
      },
      toPhys: (at) => domain.iovaToPhys(at),
    },
    pageToPhys: (page) => (api.physOf(host.mem.pageToPfn(page)) % physWrap) as PhysAddr,
    physToPage: (at) => ({ kind: 'page', pfn: api.pfnOf(at) }),
    keptZero: () =>
      host.emit({
        event: 'kernel_quirk',
        code: 'iova-zero-kept',
        text: `${device.name} keeps its mapping at bus address 0: the unmap takes 0 for none`,
        device: device.name,
      }),
    bug: (what) => host.bug(what),
  }
}

/**
 * dma-ranges state base and size; without them it is all that 32 bits reach, from 0 on: the driver's masks come later. v4.11 reads the
 * first range; v6.12 takes the stretch from the lowest to the highest address of all, the last byte left out.
 * Models: Linux v4.11 drivers/of/device.c: of_dma_configure
 * Models: Linux v6.12 arch/arm/mm/dma-mapping.c: arm_setup_iommu_dma_ops
 */
const windowOf = (device: Device, host: Host) => {
  const ranges = device.facts.dmaRanges ?? []
  const [first] = ranges
  const alignment = host.kernel.iommuAlignment
  if (first === undefined) return { base: 0, size: 2 ** 32, alignment }
  if (pageCodeOf(host.kernel.arch) === 'v4.11') return { base: first.bus, size: first.len, alignment }
  const base = Math.min(...ranges.map(({ bus }) => bus))
  return { base, size: Math.max(...ranges.map(({ bus, len }) => bus + len - 1)) - base, alignment }
}

const openDomain = (host: Host): IommuDomain => {
  const { iommu, device } = host
  if (iommu === null) throw new Error(`${device.name} has no IOMMU, and ${device.opsName} was chosen for it`)
  const { kernel } = host
  // v4.11 kept the address of the rest of a section that is unmapped in part.
  const fixes = [
    ...(pageCodeOf(kernel.arch) === 'v4.11' || kernel.iommuFixV7sSplit ? ['v7sSplit'] : []),
    ...(kernel.iommuFixV7sSupersection ? ['v7sSupersection'] : []),
    ...(kernel.iommuFixOverwrite ? ['overwrite'] : []),
  ]
  const opened = iommu.open(
    { fixes, partialUnmap: kernel.iommuPartialUnmap, ...TABLES },
    traceTo(host, iommu.facts.model),
  )
  if (!opened.ok) throw new Error(`no tables for ${device.name}: ${opened.why}`)
  return opened.value
}

const traceTo = (host: Host, driver: string): IommuTrace => ({
  wanted: () => host.wants('op'),
  map: (iova, physAddr, size) => host.emit({ event: 'map', iova, end: iova + size, physAddr, size }),
  mapped: () => false,
  unmap: (iova, size, unmappedSize) => host.emit({ event: 'unmap', iova, end: iova + size, size, unmappedSize }),
  notice: (text) => host.printk('info', text),
  quirk: (code, text) => host.emit({ event: 'kernel_quirk', code, text, device: host.device.name }),
  fault: (at: DmaAddr, write, lines) => {
    for (const [level, text] of lines) host.printk(level, text)
    host.emit({ event: 'io_page_fault', driver, device: host.device.name, iova: at, flags: write ? 1 : 0 })
  },
  stale: () => {
    throw new Error('a strict domain has no stale translations')
  },
})
