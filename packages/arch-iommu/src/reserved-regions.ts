// Bus addresses that are set aside before the first mapping: what firmware maps one to one, windows of a PCI host bridge, MSI doorbells.
import type { DmaAddr, Host, IommuDomain, IommuRegion, PhysAddr, PluginApi } from '@dmalab/api'
import type { IommuModel } from './iommu-models.ts'

/** The end of what a bus address may be: ~(phys_addr_t)0. */
const TOP = 2n ** 64n - 1n

/**
 * Maps the direct regions, then keeps all regions from the allocator.
 *
 * Models: Linux v6.12 drivers/iommu/iommu.c: iommu_create_device_direct_mappings
 * Models: Linux v6.12 drivers/iommu/dma-iommu.c: iova_reserve_iommu_regions
 */
export const setRegionsAside = (api: PluginApi, host: Host, domain: IommuDomain, model: IommuModel): void => {
  const regions = regionsOf(host, model)
  for (const region of regions)
    if (region.type === 'direct' || region.type === 'direct-relaxable') mapOneToOne(api, host, domain, region)
  reservePciWindows(api, host, domain)
  for (const { base, len, type } of regions) {
    // The kernel places that window itself, through the same allocator.
    if (type === 'sw-msi') continue
    domain.reserveIova(base, base + len - 1)
  }
}

/** Models: Linux v6.12 drivers/iommu/iommu.c: iommu_get_resv_regions */
const regionsOf = ({ device }: Host, { regions }: IommuModel): readonly IommuRegion[] => [
  ...regions,
  ...(device.facts.iommuRegions ?? []),
]

/** Whole granules, those that are mapped already excepted: regions may overlap. */
const mapOneToOne = (
  { hex, IOMMU_PROT: PROT }: PluginApi,
  host: Host,
  domain: IommuDomain,
  region: IommuRegion,
): void => {
  const { granule } = domain
  const prot = PROT.READ + PROT.WRITE + (host.device.facts.coherent ? PROT.CACHE : 0)
  const start = Math.ceil(region.base / granule) * granule
  const end = Math.ceil((region.base + region.len) / granule) * granule
  let run = 0
  for (let at = start; at <= end; at += granule) {
    if (at < end && domain.iovaToPhys(at as DmaAddr) === undefined) {
      run += granule
      continue
    }
    if (run === 0) continue
    const mapped = domain.mapAt((at - run) as DmaAddr, (at - run) as PhysAddr, run, prot)
    run = 0
    if (mapped.ok) continue
    host.printk('err', `${host.device.name}: no direct mapping of ${hex(region.base)}+${region.len}: ${mapped.why}`)
    return
  }
}

/**
 * A PCI function must not be given addresses at which its host bridge would reach another card, nor any outside the bridge's inbound
 * windows. The first granule of an inbound window goes with the gap below it: the kernel takes the window's first byte for the gap's last.
 *
 * Models: Linux v6.12 drivers/iommu/dma-iommu.c: iova_reserve_pci_windows
 * Leaves out: falling back to dma-direct when the windows overlap.
 */
const reservePciWindows = ({ hex }: PluginApi, host: Host, domain: IommuDomain): void => {
  const { pci, dmaRanges = [] } = host.device.facts
  if (pci === undefined) return
  for (const { base, len } of pci.windows) domain.reserveIova(base, base + len - 1)
  let start = 0
  for (const { bus, len } of dmaRanges.toSorted((a, b) => a.cpu - b.cpu)) {
    if (bus > start) domain.reserveIova(start, bus)
    else if (bus < start) {
      host.printk('err', `${host.device.name}: Failed to reserve IOVA [${hex(start)}-${hex(bus)}]`)
      return
    }
    start = bus + len
  }
  if (dmaRanges.length > 0) domain.reserveIova(start, TOP)
}
