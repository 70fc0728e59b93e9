// Hazards between devices and what they refer to: regions, windows, IOMMUs, each other.
import { bytes } from '@dmalab/api'
import { USUAL_MASK_BITS } from '../assumed-mask.ts'
import { driverFor } from '../kernel-drivers/index.ts'
import type { DeviceNode, DmaBusFacts, TreeFacts, RegionNode } from '../facts/types.ts'
import { toNumber } from '../import/physical-memory.ts'
import type { Report } from './finding.ts'

/** Only devices that can probe: a disabled one harms nobody. */
export function lintDevices(facts: TreeFacts, report: Report): void {
  const regions = new Map((facts.reserved_memory?.regions ?? []).map((region) => [region.path, region]))
  const buses = new Map(facts.dma_buses.map((bus) => [bus.path, bus]))
  const iommus = new Map(facts.iommus.map((iommu) => [iommu.path, iommu.enabled]))
  const devices = facts.devices.filter((device) => device.reachable)
  for (const device of devices) {
    lintMemoryRegions(device, regions, report)
    lintIommus(device, iommus, report)
    for (const { path } of device.memory_region ?? []) {
      const region = path === null ? undefined : regions.get(path)
      if (region !== undefined && region.linux_result === 'static') lintReach(device, region, buses, report)
    }
    if (device.dma_bus_status === 'cut')
      report(
        'dma-ranges-ignored',
        'info',
        device.path,
        `dma-ranges of ${device.dma_bus_spec ?? ''} do not count: a node between has none`,
      )
  }
  lintSharing(devices, report)
  lintMedia(devices, report)
}

function lintMemoryRegions(device: DeviceNode, regions: ReadonlyMap<string, RegionNode>, report: Report): void {
  const { path, memory_region: refs, memory_region_names: names } = device
  for (const [index, ref] of (refs ?? []).entries()) {
    const which = names?.[index] ?? `entry ${index}`
    const region = ref.path === null ? undefined : regions.get(ref.path)
    if (ref.target === 'missing')
      report(
        'memory-region-missing',
        'error',
        path,
        `memory-region ${which}: no node has the phandle 0x${ref.phandle.toString(16)}`,
      )
    else if (ref.target_enabled === false)
      report(
        'memory-region-disabled',
        'warning',
        path,
        `memory-region ${which}: ${ref.path ?? ''} is disabled; Linux assigns nothing and says nothing`,
      )
    else if (ref.target === 'other')
      report(
        'memory-region-elsewhere',
        'warning',
        path,
        `memory-region ${which}: ${ref.path ?? ''} is not a child of /reserved-memory`,
      )
    else if (region !== undefined && region.linux_result !== 'static' && region.linux_result !== 'dynamic')
      report(
        'memory-region-refused',
        'error',
        path,
        `memory-region ${which}: Linux makes nothing of ${region.path} (${region.linux_result})`,
      )
    else if (region?.kind === 'contradictory' || region?.kind === 'coherent-pool-refused-on-arm32')
      report(
        'memory-region-refused',
        'error',
        path,
        `memory-region ${which}: Linux takes ${region.path} for no pool (${region.kind})`,
      )
  }
  if (refs !== undefined && refs.length === 0)
    report('memory-region-missing', 'error', path, 'memory-region holds no phandle')
  else if (refs && names && names.length !== refs.length && refs.every((ref) => ref.target !== 'missing'))
    report('memory-region-names', 'warning', path, `${refs.length} regions, but ${names.length} names`)
}

function lintIommus(device: DeviceNode, known: ReadonlyMap<string, boolean>, report: Report): void {
  const { path, iommus, iommu_map: map } = device
  for (const { iommu, error, iommu_enabled: enabled } of iommus ?? []) {
    if (error !== undefined) report('iommu-missing', 'error', path, `iommus: ${iommu ?? 'a phandle'}: ${error}`)
    else if (enabled === false)
      report('iommu-disabled', 'info', path, `${iommu ?? ''} is disabled; the device runs without`)
  }
  if (map?.some((entry) => entry.iommu === null))
    report('iommu-missing', 'error', path, 'iommu-map: a phandle leads nowhere')
  for (const iommu of new Set(map?.map((entry) => entry.iommu)))
    if (iommu !== null && known.get(iommu) === false)
      report('iommu-disabled', 'info', path, `iommu-map: ${iommu} is disabled; the cards behind run without`)
}

/** Pools are used by bus address; carve-outs for remote processors are not Linux's to reach. */
function lintReach(
  device: DeviceNode,
  region: RegionNode,
  buses: ReadonlyMap<string, DmaBusFacts>,
  report: Report,
): void {
  if (!['cma', 'coherent-pool', 'swiotlb-pool'].includes(region.kind)) return
  const [entry] = region.reg ?? []
  if (entry === undefined) return
  const [base, size] = [BigInt(entry.base), BigInt(entry.size)]
  const bus = device.dma_bus === null ? undefined : buses.get(device.dma_bus)
  const window = bus?.map.find(
    (each) => base >= BigInt(each.cpu_start) && base + size <= BigInt(each.cpu_start) + BigInt(each.size),
  )
  if (bus !== undefined && bus.map.length > 0 && window === undefined) {
    report(
      'pool-outside-window',
      'error',
      device.path,
      `${region.path} at ${entry.base} lies outside the windows of ${bus.path} (dma-ranges)`,
    )
    return
  }
  const at = window === undefined ? base : base - BigInt(window.cpu_start) + BigInt(window.dma_start)
  const behindIommu = (device.iommus ?? []).some((each) => each.iommu_enabled === true && each.error === undefined)
  const driver = driverFor(device.compatible)?.driver
  const bits = driver?.maskBits ?? USUAL_MASK_BITS
  if (at + size <= 2n ** BigInt(bits) || behindIommu) return
  const where = `${region.path} (${bytes(toNumber(size))}) is at bus address 0x${at.toString(16)}`
  const known = driver?.maskBits !== undefined && driver.maskBits !== null
  report(
    'pool-beyond-mask',
    known ? 'error' : 'warning',
    device.path,
    known
      ? `${where}: out of reach, ${driver.name} sets a mask of ${bits} bits`
      : `${where}: out of reach unless the driver asks for more than 32 bits`,
  )
}

/** Buffers go from one media device to the next; each mapping is maintained for its own device only. */
function lintMedia(devices: readonly DeviceNode[], report: Report): void {
  const media = devices.filter((device) => device.class !== null)
  const coherent = media.filter((device) => device.coherent)
  const [first] = media.filter((device) => !device.coherent)
  if (first === undefined) return
  for (const { path } of coherent)
    report(
      'media-mixed-coherence',
      'info',
      path,
      `snoops the caches, and ${first.path} does not: buffers that both use need maintenance for one`,
    )
}

/** Whoever shares memory must agree on who keeps caches and memory the same. */
function lintSharing(devices: readonly DeviceNode[], report: Report): void {
  const users = new Map<string, { coherent?: DeviceNode; other?: DeviceNode }>()
  for (const device of devices)
    for (const { path } of device.memory_region ?? []) {
      if (path === null) continue
      const sharing = users.get(path) ?? {}
      if (device.coherent) sharing.coherent ??= device
      else sharing.other ??= device
      users.set(path, sharing)
    }
  for (const [path, { coherent, other }] of users) {
    if (coherent !== undefined && other !== undefined)
      report(
        'pool-mixed-coherence',
        'warning',
        path,
        `shared by ${coherent.path}, which snoops the caches, and ${other.path}, which does not`,
      )
  }
}
