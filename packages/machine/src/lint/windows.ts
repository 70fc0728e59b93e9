// Hazards of the windows between a bus and memory, and of PCI host bridges.
import type { DeviceNode, DmaBusFacts, TreeFacts } from '../facts/types.ts'
import type { Report } from './finding.ts'

/** Widths that drivers commonly ask for. */
const COMMON_MASKS = [32, 36, 39, 40, 48] as const

/** A bus all of whose addresses lie high needs a mask that reaches them, however little memory there is. */
export function lintWindows({ dma_buses: buses, devices }: TreeFacts, report: Report): void {
  for (const bus of buses) {
    if (!bus.reachable || bus.map.length === 0 || isTranslated(bus, devices)) continue
    const [first] = bus.map
      .map(({ dma_start: start }) => BigInt(start))
      .toSorted((a, b) => (a < b ? -1 : Number(a > b)))
    if (first === undefined || first < 2n ** 32n) continue
    const needed = first.toString(2).length
    const short = COMMON_MASKS.filter((bits) => bits < needed)
    report(
      'window-beyond-mask',
      'warning',
      bus.path,
      `bus addresses begin at 0x${first.toString(16)} (dma-ranges): a device needs a mask of at least ${needed} bits; with ${short.join(' or ')}, the 32 of a driver that asks for nothing among them, it reaches no memory at all`,
    )
  }
}

const isTranslated = (bus: DmaBusFacts, devices: readonly DeviceNode[]): boolean => {
  const users = devices.filter((device) => device.path === bus.path || device.dma_bus === bus.path)
  return users.some((device) => device.iommu_map !== undefined) && bus.bus_type === 'pci'
}

/**
 * Only a restricted pool is looked up at the bridge for the functions behind it.
 * Models: Linux v6.12 drivers/of/device.c: of_dma_set_restricted_buffer
 */
export function lintPci({ dma_buses: buses, devices, reserved_memory: reserved }: TreeFacts, report: Report): void {
  const kinds = new Map((reserved?.regions ?? []).map((region) => [region.path, region.kind]))
  const bridges = new Set(buses.flatMap((bus) => (bus.bus_type === 'pci' ? [bus.path] : [])))
  for (const device of devices) {
    if (!device.reachable || !(bridges.has(device.path) || /\/pcie?(@[^/]*)?$/.test(device.path))) continue
    for (const { path } of device.memory_region ?? []) {
      const kind = path === null ? undefined : kinds.get(path)
      if (path === null || (kind !== 'cma' && kind !== 'coherent-pool')) continue
      report(
        'pci-memory-region',
        'warning',
        device.path,
        `memory-region ${path}: the PCI functions behind the bridge do not get it (of a bridge they only get a restricted-dma-pool)`,
      )
    }
  }
}
