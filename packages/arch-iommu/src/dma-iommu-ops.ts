// Op table dma-iommu: every device behind an IOMMU has bus addresses of its own, and real tables translate them.
import type {
  DeviceFacts,
  Direction,
  DmaAddr,
  DmaOps,
  DmaOpsCaps,
  DmaOpsDef,
  Host,
  IommuDomain,
  IommuLimits,
  PhysAddr,
  KResult,
  PluginApi,
  SgTable,
} from '@dmalab/api'
import { bounceOf } from './bounce.ts'
import { openDomain } from './open-domain.ts'
import { modelOf } from './iommu-models.ts'
import { MaskLimits } from './mask-limits.ts'
import { plainPages } from './plain-pages.ts'
import { remappedMemory } from './remapped-memory.ts'
import { setRegionsAside } from './reserved-regions.ts'
import { iovaCalls } from './two-step-iova.ts'

const CAPS: DmaOpsCaps = {
  pageless: 'fabricated',
  maintainsCaches: true,
  syncTouchesPage: true,
  mergesSegments: true,
  bounces: false,
  translates: true,
}

const SYMBOLS: DmaOpsDef['symbols'] = {
  alloc: ['dma_alloc_attrs', 'iommu_dma_alloc'],
  free: ['dma_free_attrs', 'iommu_dma_free'],
  mmap: ['dma_mmap_attrs', 'iommu_dma_mmap'],
  getSgtable: ['dma_get_sgtable_attrs', 'iommu_dma_get_sgtable'],
  mapPage: ['dma_map_page_attrs', 'iommu_dma_map_page'],
  unmapPage: ['dma_unmap_page_attrs', 'iommu_dma_unmap_page'],
  mapSg: ['__dma_map_sg_attrs', 'iommu_dma_map_sg'],
  unmapSg: ['dma_unmap_sg_attrs', 'iommu_dma_unmap_sg'],
  mapResource: ['dma_map_resource', 'iommu_dma_map_resource'],
  unmapResource: ['dma_unmap_resource', 'iommu_dma_unmap_resource'],
  syncSingleForCpu: ['__dma_sync_single_for_cpu', 'iommu_dma_sync_single_for_cpu'],
  syncSingleForDevice: ['__dma_sync_single_for_device', 'iommu_dma_sync_single_for_device'],
  syncSgForCpu: ['__dma_sync_sg_for_cpu', 'iommu_dma_sync_sg_for_cpu'],
  syncSgForDevice: ['__dma_sync_sg_for_device', 'iommu_dma_sync_sg_for_device'],
}

/** All ones: what dma_get_seg_boundary() says of a device that set none; PCI sets one for each of its functions (pci_device_add). */
const NO_BOUNDARY_BITS = 64
const PCI_BOUNDARY_BITS = 32
const DEFAULT_SEGMENT = 65536

/** A pass that only maintains caches, by page. */
const BY_PAGE = {
  summary: null,
  skip: { bits: 0, dmaLength: 0 },
  assign: false,
  byBusAddress: false,
  byDmaLength: false,
  checkReach: false,
  batch: true,
} as const

/** @throws Error on attach when the device has no IOMMU: the kernel must not choose this table for it */
export const dmaIommuOps = (api: PluginApi): DmaOpsDef => ({
  name: 'dma-iommu',
  source: 'Linux v6.12 drivers/iommu/dma-iommu.c',
  caps: CAPS,
  symbols: SYMBOLS,
  attach: (_device, host) => table(api, host),
})

/**
 * Leaves out: peer-to-peer pages, MSI pages.
 */
const table = (api: PluginApi, host: Host): DmaOps => {
  const { device, mem } = host
  const { ATTR, DIR, fail, has, IOMMU_PROT: PROT, ok, physOf, withBits } = api
  if (host.iommu === null) throw new Error(`${device.name} has no IOMMU, and dma-iommu was chosen for it`)
  const model = modelOf(host.iommu.facts.model)
  const domain = openDomain(host, model)
  const coherent = device.facts.coherent
  const untrusted = device.facts.pci?.untrusted === true
  const preference = { pci32: device.facts.pci !== undefined }
  const limits: IommuLimits[] = []
  const limitsFor = (maskBits: number): IommuLimits =>
    (limits[maskBits] ??= new MaskLimits(host, model.apertureEnd, maskBits, preference))
  const segments = segmentsOf(device.facts)
  /** DMA_MAPPING_ERROR: what map_page returns, and the failed entry of a list keeps. */
  const mappingError = (2 ** (8 * host.kernel.dmaAddrSize) - 1) as DmaAddr
  const memory = remappedMemory(api, host, {
    domain,
    coherent,
    allocSizes: model.allocSizes,
    limits: () => limitsFor(device.coherentMaskBits),
  })
  const bounce = bounceOf(api, host, domain)
  setRegionsAside(api, host, domain, model)
  host.setBusTranslation((at, len, write) => domain.translate(at, len, write))
  host.onTimePassed((ms) => domain.pass(ms))

  /** Models: Linux v6.12 drivers/iommu/dma-iommu.c: dma_info_to_prot */
  const protOf = (dir: Direction, attrs: number, snooped = coherent): number => {
    if (dir === DIR.NONE) return 0
    const read = dir === DIR.FROM_DEVICE ? 0 : PROT.READ
    const write = dir === DIR.TO_DEVICE ? 0 : PROT.WRITE
    const type = has(attrs, mmio) ? PROT.MMIO : snooped ? PROT.CACHE : 0
    return read + write + type + (has(attrs, ATTR.PRIVILEGED) ? PROT.PRIV : 0)
  }
  const bitOf = (name: string): number => host.kernel.attrs[name] ?? 0
  const [mmio, ccShared] = [bitOf('MMIO'), bitOf('CC_SHARED')]
  /** What cannot have bounced, for whoever unmaps it. */
  const unbounced = mmio + bitOf('REQUIRE_COHERENT')
  const quiet = (attrs: number): boolean => coherent || has(attrs, ATTR.SKIP_CPU_SYNC + mmio)
  const physAt = (list: SgTable, i: number): { at: PhysAddr; length: number } => {
    const { page, offset, length } = list.entry(i)
    return { at: physOf(mem.pageToPfn(page), offset), length }
  }
  /** Cache work over a list by its pages: arch_sync_dma_for_device or arch_sync_dma_for_cpu of each entry. */
  const syncSg = (list: SgTable, nents: number, dir: Direction, side: 'syncForCpu' | 'syncForDevice'): void => {
    const maintain = side === 'syncForCpu' ? 'unmap' : 'map'
    host.forEachEntry(list, nents, { dir, maintain, ...BY_PAGE }, (i) => {
      const { at, length } = physAt(list, i)
      host.arch[side](at, length, dir)
      return true
    })
  }

  /**
   * Lists that were mapped entry by entry. The mark stays in the first entry until the list is freed, also when a later mapping goes
   * another way (sg_dma_mark_swiotlb has no counterpart).
   */
  const byEntry = new WeakSet<SgTable>()

  const plain = plainPages({
    host,
    domain,
    bounce,
    prots: [DIR.BIDIRECTIONAL, DIR.TO_DEVICE, DIR.FROM_DEVICE].map((dir) => protOf(dir, 0)),
    limits: () => limitsFor(device.maskBits),
  })

  /** Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_map_page */
  const mapRange = (at: PhysAddr, size: number, dir: Direction, attrs: number): KResult<DmaAddr> => {
    if (attrs === 0 && plain !== undefined) {
      const handle = plain.map(at, size, dir)
      if (handle >= 0) return ok(handle as DmaAddr)
    }
    if (has(attrs, ccShared)) return fail('EIO', 'DMA_ATTR_CC_SHARED is for confidential guests')
    let place = at
    if (bounce.bounces(at, size, dir)) {
      const moved = has(attrs, unbounced) ? bounce.refuse(size) : bounce.map(at, size, dir, attrs)
      if (!moved.ok) return moved
      place = moved.value
    }
    if (!quiet(attrs)) host.arch.syncForDevice(place, size, dir)
    const handle = domain.map(place, size, protOf(dir, attrs), limitsFor(device.maskBits))
    if (handle.ok) return handle
    bounce.giveBack(place, size, dir, attrs)
    return fail('EIO', handle.why)
  }

  /** Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_unmap_page */
  const unmapRange = (handle: DmaAddr, size: number, dir: Direction, attrs: number): void => {
    if (attrs === 0 && plain?.unmap(handle, size, dir) === true) return
    if (has(attrs, unbounced)) return void domain.unmap(handle, size)
    const at = domain.iovaToPhys(handle)
    // WARN_ON: nothing is mapped there.
    if (at === undefined) return
    if (!quiet(attrs)) host.arch.syncForCpu(at, size, dir)
    domain.unmap(handle, size)
    bounce.giveBack(at, size, dir, attrs)
  }

  /** Each entry has an address of its own: nothing is merged. Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_map_sg_swiotlb */
  const mapEntries = (list: SgTable, nents: number, dir: Direction, attrs: number): KResult<number> => {
    byEntry.add(list)
    for (let i = 0; i < nents; i++) {
      const { at, length } = physAt(list, i)
      const handle = mapRange(at, length, dir, attrs)
      if (!handle.ok) {
        list.setDma(i, mappingError, list.entry(i).dmaLength)
        unmapEntries(list, i, dir, withBits(attrs, ATTR.SKIP_CPU_SYNC))
        return handle
      }
      list.setDma(i, handle.value, length)
    }
    return ok(nents)
  }

  /** Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_unmap_sg_swiotlb */
  const unmapEntries = (list: SgTable, nents: number, dir: Direction, attrs: number): void => {
    for (let i = 0; i < nents; i++) {
      const { dmaAddress, dmaLength } = list.entry(i)
      unmapRange(dmaAddress, dmaLength, dir, attrs)
    }
  }
  const forEachMapped = (list: SgTable, nents: number, each: (at: DmaAddr, length: number) => void): void => {
    for (let i = 0; i < nents; i++) {
      const { dmaAddress, length } = list.entry(i)
      each(dmaAddress, length)
    }
  }

  /** Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_sync_single_for_cpu */
  const syncSingleForCpu = (handle: DmaAddr, size: number, dir: Direction): void => {
    if (coherent && !bounce.wanted(size, dir)) return
    const at = physOrNull(domain, handle)
    if (!coherent) host.arch.syncForCpu(at, size, dir)
    bounce.syncForCpu(at, size, dir)
  }
  /** Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_sync_single_for_device */
  const syncSingleForDevice = (handle: DmaAddr, size: number, dir: Direction): void => {
    if (coherent && !bounce.wanted(size, dir)) return
    const at = physOrNull(domain, handle)
    bounce.syncForDevice(at, size, dir)
    if (!coherent) host.arch.syncForDevice(at, size, dir)
  }
  /** Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_sync_sg_for_device */
  const syncSgForDevice = (list: SgTable, nents: number, dir: Direction): void => {
    if (byEntry.has(list)) forEachMapped(list, nents, (at, length) => syncSingleForDevice(at, length, dir))
    else if (!coherent) syncSg(list, nents, dir, 'syncForDevice')
  }

  if (host.kernel.twoStepIova) {
    const limits = (): IommuLimits => limitsFor(device.maskBits)
    host.offerIova(iovaCalls(api, host, { domain, bounce, coherent, limits, protOf }))
  }

  return {
    alloc: (size, attrs, owner) => memory.alloc(size, attrs, owner),
    allocAtomic: (size, attrs, owner) => memory.allocAtomic(size, attrs, owner),
    free: (size, cpuAddr, handle) => memory.free(size, cpuAddr, handle),
    mmap: (cpuAddr, _handle, size, pgoff, userLen, attrs) => memory.mmap(cpuAddr, size, pgoff, userLen, attrs),
    getSgtable: (cpuAddr, _handle, size) => memory.getSgtable(cpuAddr, size),

    mapPage: (page, offset, size, dir, attrs) => mapRange(physOf(mem.pageToPfn(page), offset), size, dir, attrs),
    unmapPage: unmapRange,

    /** Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_map_sg */
    mapSg: (list, nents, dir, attrs) => {
      if (bounce.wantedFor(list, nents, dir)) return mapEntries(list, nents, dir, attrs)
      if (!quiet(attrs)) syncSgForDevice(list, nents, dir)
      return domain.mapSg(list, nents, protOf(dir, attrs), limitsFor(device.maskBits), segments)
    },

    /** Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_unmap_sg */
    unmapSg: (list, nents, dir, attrs) => {
      if (byEntry.has(list)) return unmapEntries(list, nents, dir, attrs)
      if (!quiet(attrs)) syncSg(list, nents, dir, 'syncForCpu')
      domain.unmapSg(list, nents)
    },

    /** Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_map_resource */
    mapResource: (at, size, dir, attrs) => {
      if (host.kernel.mapsByPhys) return mapRange(at, size, dir, attrs)
      const prot = withBits(protOf(dir, attrs, false), PROT.MMIO)
      const handle = domain.map(at, size, prot, limitsFor(device.maskBits))
      return handle.ok ? ok(handle.value) : fail('EIO', handle.why)
    },
    unmapResource: (handle, size) => void domain.unmap(handle, size),

    syncSingleForCpu,
    syncSingleForDevice,
    syncSgForCpu: (list, nents, dir) => {
      if (byEntry.has(list)) forEachMapped(list, nents, (at, length) => syncSingleForCpu(at, length, dir))
      else if (!coherent) syncSg(list, nents, dir, 'syncForCpu')
    },
    syncSgForDevice,

    dmaSupported: () => true,
    requiredMaskBits: () => 32,
    /** Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_max_mapping_size */
    maxMappingSize: () => (untrusted ? (host.swiotlb()?.maxMappingSize() ?? Infinity) : Infinity),
  }
}

/** Models: Linux v6.12 include/linux/dma-mapping.h: dma_get_seg_boundary, dma_get_max_seg_size */
const segmentsOf = ({ pci, segmentBoundaryBits, maxSegmentSize = DEFAULT_SEGMENT }: DeviceFacts) => ({
  boundary: 2n ** BigInt(segmentBoundaryBits ?? (pci === undefined ? NO_BOUNDARY_BITS : PCI_BOUNDARY_BITS)) - 1n,
  maxSize: maxSegmentSize,
})

/** The kernel goes on with physical address 0 where nothing is mapped. */
const physOrNull = (domain: IommuDomain, handle: DmaAddr): PhysAddr => domain.iovaToPhys(handle) ?? (0 as PhysAddr)
