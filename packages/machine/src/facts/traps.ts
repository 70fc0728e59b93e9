// Shapes of a device tree that trip readers: a sorted list of tags.
import { upwards } from '../fdt/node.ts'
import { isPciBus } from '../of/bus.ts'
import { phandleOf, type DeviceTree } from '../of/tree.ts'
import type { DmaBusRead } from './dma-buses.ts'
import type { MemoryRead } from './memory.ts'
import type { RegionRead, ReservedRead } from './reserved.ts'
import type { CacheNode, DeviceNode, Trap } from './types.ts'

export interface TrapInput {
  readonly tree: DeviceTree
  readonly memory: readonly MemoryRead[]
  readonly reserved: ReservedRead | undefined
  readonly overlaps: number
  readonly outsideMemory: number
  readonly buses: readonly DmaBusRead[]
  readonly devices: readonly DeviceNode[]
  readonly caches: readonly CacheNode[]
}

export function findTraps(input: TrapInput): Trap[] {
  const tags = new Set<Trap>()
  const tag = (name: Trap, when: boolean): void => {
    if (when) tags.add(name)
  }
  memoryTraps(input, tag)
  cellTraps(input.tree, tag)
  busTraps(input, tag)
  reservedTraps(input, tag)
  deviceTraps(input, tag)
  hygieneTraps(input.tree, tag)
  tag(
    'outer-cache',
    input.caches.some((cache) => cache.outer),
  )
  tag('memreserve', input.tree.fdt.reservations.length > 0)
  tag(
    'symbols',
    input.tree.root.children.some((node) => node.name === '__symbols__'),
  )
  return [...tags].toSorted()
}

type Tag = (name: Trap, when: boolean) => void

function memoryTraps({ tree, memory }: TrapInput, tag: Tag): void {
  const zeroSized = memory.some((node) => node.zeroSized > 0)
  tag('no-memory-node', memory.length === 0)
  tag('memory-size-zero', zeroSized && memory.every((node) => node.regions.length === 0))
  tag(
    'memory-reg-leftover',
    memory.some((node) => node.leftover > 0),
  )
  for (const node of tree.fdt.nodes) {
    const isMemory = node.string('device_type') === 'memory'
    tag('memory-node-without-device_type', node.depth === 1 && node.baseName === 'memory' && !isMemory)
    tag('memory-node-not-under-root', node.depth > 1 && isMemory)
  }
}

/** Counts matter only where there is a child to read with them. */
function cellTraps({ root, fdt }: DeviceTree, tag: Tag): void {
  tag('root-cells-missing', root.u32('#address-cells') === undefined || root.u32('#size-cells') === undefined)
  for (const node of fdt.nodes) {
    if (node.children.length === 0) continue
    const address = node.u32('#address-cells')
    const size = node.u32('#size-cells')
    tag('size-cells-zero', size === 0)
    tag('address-cells-zero', address === 0)
    tag('address-cells-3', address === 3)
    tag('address-cells-3-not-pci', address === 3 && !isPciBus(node))
    tag('address-cells-4-or-more', address !== undefined && address >= 4)
    if (!node.children.some((child) => child.has('reg'))) continue
    tag('cells-missing-on-bus', address === undefined)
    tag('ranges-missing-on-bus', node.has('compatible') && node.depth > 0 && (size ?? 0) > 0 && !node.has('ranges'))
  }
}

function busTraps({ buses, devices }: TrapInput, tag: Tag): void {
  const nonEmpty = new Set(buses.filter((bus) => bus.ranges !== undefined).map((bus) => bus.node))
  for (const { node, ranges } of buses) {
    tag('dma-ranges-empty', ranges === undefined)
    if (ranges === undefined) continue
    const { windows, entries } = ranges
    tag(
      'dma-ranges-offset',
      windows.some(({ dmaStart, cpuStart }) => dmaStart !== cpuStart),
    )
    tag(
      'dma-ranges-negative-offset',
      windows.some(({ dmaStart, cpuStart }) => cpuStart < dmaStart),
    )
    tag('dma-ranges-many', entries.length > 1)
    tag('dma-ranges-merged', windows.length + ranges.untranslatable < entries.length)
    tag(
      'dma-ranges-nested',
      [...upwards(node.parent)].some((above) => nonEmpty.has(above)),
    )
    tag('dma-ranges-on-pci', isPciBus(node))
    tag(
      'dma-ranges-size-zero',
      entries.some((entry) => entry.size === 0n),
    )
    tag('dma-ranges-untranslatable', ranges.untranslatable > 0)
    tag('dma-ranges-leftover-cells', ranges.leftoverCells > 0)
    const wraps = (start: bigint, size: bigint): boolean => start + size > 2n ** 64n
    tag(
      'dma-ranges-wraps-64',
      entries.some((entry) => wraps(entry.bus, entry.size) || wraps(entry.parent, entry.size)),
    )
  }
  tag(
    'dma-ranges-hidden-by-gap',
    devices.some((device) => device.dma_bus_status === 'cut'),
  )
  tag(
    'dma-mem-interconnect',
    devices.some((device) => device.dma_parent !== null),
  )
}

function reservedTraps({ reserved, overlaps, outsideMemory }: TrapInput, tag: Tag): void {
  tag('reserved-overlap', overlaps > 0)
  tag('reserved-outside-memory', outsideMemory > 0)
  tag('reserved-memory-unusable-by-linux', reserved?.facts.linux_usable === false)
  for (const region of reserved?.regions ?? []) regionTraps(region, tag)
}

function regionTraps({ node, facts, reg }: RegionRead, tag: Tag): void {
  tag(
    'reserved-size-zero',
    reg.some((region) => region.size === 0n),
  )
  tag('reserved-reg-many', reg.length > 1)
  tag('reserved-reg-leftover', facts.reg_leftover_cells !== undefined)
  tag('reserved-reg-and-size', facts.reg !== null && facts.size !== null)
  tag('reserved-no-reg-no-size', facts.placement === null)
  tag('reserved-alignment-bad-length', facts.alignment_bad_length !== undefined)
  tag('reserved-size-bad-length', facts.size_bad_length !== undefined)
  const [, unit] = node.name.split('@')
  const [first] = reg
  if (unit !== undefined && first !== undefined)
    tag('reserved-unit-address-differs', /^[0-9a-f]+$/i.test(unit) && BigInt(`0x${unit}`) !== first.base)
  tag('alloc-ranges-bad-length', facts.linux_result === 'rejected-alloc-ranges-length')
  tag('no-map-and-reusable', facts.no_map && facts.reusable)
  tag('pool-contradictory', facts.kind === 'contradictory')
  tag('pool-coherent-pool-refused-on-arm32', facts.kind === 'coherent-pool-refused-on-arm32')
  tag('iommu-addresses', node.has('iommu-addresses'))
}

function deviceTraps({ tree, devices }: TrapInput, tag: Tag): void {
  for (const { memory_region: regions, memory_region_names: names, iommus, iommu_map: map } of devices) {
    tag('memory-region-to-disabled', regions?.some((region) => region.target_enabled === false) ?? false)
    tag('memory-region-missing-phandle', regions?.some((region) => region.target === 'missing') ?? false)
    tag('memory-region-outside-reserved-memory', regions?.some((region) => region.target === 'other') ?? false)
    tag('memory-region-empty', regions?.length === 0)
    tag('memory-region-names-count-differs', regions && names ? names.length !== regions.length : false)
    tag('iommus-to-disabled', iommus?.some((iommu) => iommu.iommu_enabled === false) ?? false)
    for (const error of ['missing-phandle', 'missing-#iommu-cells', 'short'] as const)
      tag(`iommus-${error}`, iommus?.some((iommu) => iommu.error === error) ?? false)
    tag('iommu-map-missing-phandle', map?.some((entry) => entry.iommu === null) ?? false)
    tag(
      'iommu-map-to-disabled',
      map?.some(({ iommu }) => iommu !== null && tree.byPath(iommu)?.enabled === false) ?? false,
    )
  }
  for (const node of tree.fdt.nodes) {
    tag('iommu-map-bad-length', (node.bytes('iommu-map')?.length ?? 0) % 16 !== 0)
    tag('dma-coherent', node.has('dma-coherent'))
    tag('dma-noncoherent', node.has('dma-noncoherent'))
  }
  tag('dma-coherent-on-root', tree.root.has('dma-coherent'))
}

function hygieneTraps({ fdt }: DeviceTree, tag: Tag): void {
  const phandles = new Set<number>()
  for (const node of fdt.nodes) {
    const status = node.string('status')
    if (status !== undefined && !['okay', 'ok', 'disabled'].includes(status)) tag(`status-${status}`, true)
    tag('both-phandles', node.has('phandle') && node.has('linux,phandle'))
    tag('linux-phandle-only', !node.has('phandle') && node.has('linux,phandle'))
    const phandle = phandleOf(node)
    if (phandle !== undefined) {
      tag('duplicate-phandle', phandles.has(phandle))
      phandles.add(phandle)
    }
    tag('reg-without-unit-address', node.has('reg') && !node.name.includes('@'))
    const isCpu = node.baseName === 'cpu' && node.parent?.name === 'cpus' && node.parent.depth === 1
    tag('cpu-without-device_type', isCpu && node.string('device_type') !== 'cpu')
    const names = node.children.map((child) => child.name)
    tag('duplicate-path', new Set(names).size < names.length)
  }
}
