// DMA masters of a device tree -> devices of a machine, and which of them a pipeline's elements mean.
import type {
  AssumedFact,
  DeviceClass,
  DeviceFacts,
  DisabledDevice,
  DmaRange,
  IommuFacts,
  KernelDriver,
} from '@dmalab/api'
import { assumedMask, isMaskKnown, USUAL_MASK_BITS } from '../assumed-mask.ts'
import { deviceFact } from '../facts/devices.ts'
import type { DeviceNode, DmaBusFacts, TreeFacts, IommuNode } from '../facts/types.ts'
import { upwards, type FdtNode } from '../fdt/node.ts'
import { isPciBus, sizeCells } from '../of/bus.ts'
import { iommuRegions } from '../of/iommu-regions.ts'
import { pciFacts } from '../of/pci.ts'
import type { DeviceTree } from '../of/tree.ts'
import { driverFor } from '../kernel-drivers/index.ts'
import { bindElements } from './bind-elements.ts'
import { isUnlistedMedia, mediaNodeOf } from './media-nodes.ts'
import { toNumber } from './physical-memory.ts'

export interface ImportedDevices {
  readonly iommus: readonly IommuFacts[]
  readonly devices: readonly DeviceFacts[]
  readonly bindings: Readonly<Record<string, string>>
  /** Switched off by a status. */
  readonly disabled: readonly DisabledDevice[]
  /** Devices whose mask nothing tells. */
  readonly masks: readonly AssumedFact[]
  /** Node path by name of device or IOMMU. */
  readonly paths: ReadonlyMap<string, string>
}

/** `regions`: names of the reserved regions that exist in the machine, by node path. */
export function importDevices(
  tree: DeviceTree,
  facts: TreeFacts,
  regions: ReadonlyMap<string, readonly string[]>,
): ImportedDevices {
  const paths = new Map<string, string>()
  const iommuNames = new Map<string, string>()
  const named = (path: string): string => {
    const name = deviceName(path, paths)
    paths.set(name, path)
    return name
  }
  const iommus = facts.iommus.map((iommu) => {
    const name = named(iommu.path)
    iommuNames.set(iommu.path, name)
    return { name, model: modelOf(iommu), enabled: iommu.enabled }
  })
  const buses = new Map(facts.dma_buses.map((bus) => [bus.path, bus]))
  const masters = [...facts.devices, ...plainMasters(tree, facts)].filter(
    (device) => !iommuNames.has(device.path) && !isBus(device),
  )
  const devices = masters
    .filter((device) => device.reachable)
    .map((device) => importDevice(device, named(device.path), { tree, buses, iommuNames, regions }))
  const disabled = masters
    .filter((device) => !device.reachable && classOf(device) !== 'other')
    .map((device) => disabledDevice(tree, device, named(device.path)))
  const masks = devices
    .filter((device) => device.maskBits === USUAL_MASK_BITS && !isMaskKnown(device))
    .map(({ name }) => assumedMask(name))
  return { iommus, devices, disabled, bindings: bindElements(devices), masks, paths }
}

/** Nodes that do DMA although nothing in them speaks of it, by name: what is behind a bus with an address of its own. */
const PLAIN = /^(ethernet|wifi|mmc|sdhci|emmc|sata|ufs|ufshc|nvme|nand-controller|usb|pcie|dma|dma-controller|crypto)$/

function plainMasters(tree: DeviceTree, facts: TreeFacts): DeviceNode[] {
  const listed = new Set(facts.devices.map((device) => device.path))
  const isPlain = (node: FdtNode): boolean => {
    if (isUnlistedMedia(node.compatible)) return true
    const bus = node.parent
    return bus !== undefined && PLAIN.test(node.baseName) && node.has('reg') && sizeCells(bus) > 0 && !isPciBus(bus)
  }
  const isMaster = (node: FdtNode): boolean => isPciFunction(node) || (isPlain(node) && !node.children.some(isPlain))
  return tree.nodes
    .filter((node) => isMaster(node) && node.parent?.name !== 'reserved-memory' && !listed.has(node.path))
    .map((node) => deviceFact(tree, node, facts.arch))
}

/** A card that the tree describes: below a bridge or port, and none itself. */
const isPciFunction = (node: FdtNode): boolean =>
  node.parent !== undefined && isPciBus(node.parent) && node.bytes('reg')?.length === 20 && !isPciBus(node)

function disabledDevice(tree: DeviceTree, device: DeviceNode, name: string): DisabledDevice {
  const by = [...upwards(tree.byPath(device.path))].find((node) => !node.enabled)?.path
  const compatible = driverFor(device.compatible)?.matched ?? device.compatible[0]
  return {
    name,
    title: device.path,
    ...(compatible !== undefined && { compatible }),
    class: classOf(device),
    ...(by !== undefined && by !== device.path && { by }),
  }
}

interface Context {
  readonly tree: DeviceTree
  readonly buses: ReadonlyMap<string, DmaBusFacts>
  readonly iommuNames: ReadonlyMap<string, string>
  readonly regions: ReadonlyMap<string, readonly string[]>
}

function importDevice(device: DeviceNode, name: string, context: Context): DeviceFacts {
  const { tree, buses, iommuNames, regions } = context
  const node = tree.byPath(device.path)
  const windows = windowsOf(busFor(device, buses))
  const limit = windows.reduce((highest, window) => Math.max(highest, window.bus + window.len - 1), 0)
  const iommuPath = device.iommus?.find((each) => each.iommu_enabled)?.iommu ?? mappedIommu(tree, device, node)
  const iommu = typeof iommuPath === 'string' ? iommuNames.get(iommuPath) : undefined
  const bridge = node === undefined ? undefined : bridgeOf(node)
  const setAside = node === undefined || iommu === undefined ? [] : iommuRegions(tree, node)
  const bound = driverFor(device.compatible)
  // The string that its driver binds to, where one does.
  const compatible = bound?.matched ?? device.compatible[0]
  const deviceClass = classOf(device)
  return {
    name,
    title: device.path,
    ...(compatible !== undefined && { compatible }),
    class: deviceClass,
    coherent: device.coherent,
    ...masksOf(device, bound?.driver),
    ...(windows.length > 0 && { busLimit: limit, dmaRanges: windows }),
    ...(iommu !== undefined && { iommu }),
    pools: (device.memory_region ?? []).flatMap(({ path }) => (path === null ? [] : (regions.get(path) ?? []))),
    ...(MEDIA.includes(deviceClass) && { maxSegmentSize: 0xffff_ffff }),
    ...(setAside.length > 0 && { iommuRegions: setAside }),
    ...(bridge !== undefined && { pci: pciFacts(bridge) }),
  }
}

/** The host bridge above a card, or the bridge itself. */
const bridgeOf = (node: FdtNode): FdtNode | undefined => [...upwards(node)].findLast((each) => isPciBus(each))

/** A card is behind the IOMMU that its host bridge's iommu-map names. */
const mappedIommu = (tree: DeviceTree, device: DeviceNode, node: FdtNode | undefined): string | null | undefined => {
  if (device.iommu_map !== undefined) return device.iommu_map[0]?.iommu
  const [, phandle] = (node === undefined ? undefined : bridgeOf(node))?.cells('iommu-map') ?? []
  return phandle === undefined ? undefined : tree.byPhandle(phandle)?.path
}

/** A PCI host bridge stands for the cards behind it, which get its own dma-ranges. */
function busFor(device: DeviceNode, buses: Context['buses']): DmaBusFacts | undefined {
  const own = buses.get(device.path)
  if (own?.bus_type === 'pci' && own.map.length > 0) return own
  return device.dma_bus === null ? undefined : buses.get(device.dma_bus)
}

/** Windows as far as a physical address goes. */
function windowsOf(bus: DmaBusFacts | undefined): DmaRange[] {
  return (bus?.map ?? []).flatMap(({ dma_start: dma, cpu_start: cpu, size }) => {
    const [cpuStart, busStart, length] = [BigInt(cpu), BigInt(dma), BigInt(size)]
    const [from, at] = [toNumber(cpuStart), toNumber(busStart)]
    const len = Math.min(toNumber(cpuStart + length) - from, toNumber(busStart + length) - at)
    return len > 0 ? [{ cpu: from, bus: at, len }] : []
  })
}

/** Classes whose drivers (V4L2 through vb2-dma-contig, DRM) lift the 64 KiB limit of a segment. */
const MEDIA: readonly DeviceClass[] = ['codec', 'converter', 'display', 'camera', 'isp', 'gpu', '2d', 'jpeg']

const CLASS_BY_NAME: readonly (readonly [RegExp, DeviceClass])[] = [
  [/^(ethernet|wifi|wlan|can|gmac|fec|wed)\b/, 'network'],
  [/^(mmc|sdhci|emmc|sata|ufs|ufshc|nvme|nand)/, 'storage'],
  [/^(dma|udma|pdma|sdma|edma|etr)/, 'dma-engine'],
]

function classOf(device: DeviceNode): DeviceClass {
  const rule = mediaNodeOf(device.compatible)
  if (rule !== undefined) return rule.class
  switch (device.class) {
    case 'codec':
      return /jpe?g/.test(device.compatible.join(' ')) ? 'jpeg' : 'codec'
    case 'capture':
      return 'camera'
    case '2d':
      return 'converter'
    case 'isp':
    case 'display':
    case 'gpu':
      return device.class
    case null: {
      const nodeName = device.path.slice(device.path.lastIndexOf('/') + 1)
      return CLASS_BY_NAME.find(([pattern]) => pattern.test(nodeName))?.[1] ?? 'other'
    }
  }
}

const masksOf = (
  device: DeviceNode,
  driver: KernelDriver | undefined,
): Pick<DeviceFacts, 'maskBits' | 'coherentMaskBits'> => {
  const maskBits = hasWideMmu(device) ? 40 : (driver?.maskBits ?? USUAL_MASK_BITS)
  const coherent = driver?.coherentMaskBits ?? maskBits
  return { maskBits, ...(coherent !== maskBits && { coherentMaskBits: coherent }) }
}

/** Mali GPUs from T600 on reach 40 bits through an MMU of their own; their driver sets the mask accordingly. */
const hasWideMmu = (device: DeviceNode): boolean =>
  device.compatible.some((name) => /^arm,mali-(t\d|bifrost|valhall)/.test(name))

const isBus = (device: DeviceNode): boolean =>
  device.compatible.some((name) => /^simple-(bus|pm-bus|mfd)$/.test(name)) && device.class === null

const modelOf = (iommu: IommuNode): string => (iommu.compatible.at(-1) ?? 'unknown').replace(',', '-')

/**
 * Name of a platform device, `11000000.codec`; with the name of its parent before it when that is taken.
 * Models: Linux v6.12 drivers/of/device.c: of_device_make_bus_id
 */
function deviceName(path: string, taken: ReadonlyMap<string, string>): string {
  const parts = path.split('/').slice(1).toReversed()
  let name = ''
  for (const part of parts) {
    const at = part.indexOf('@')
    const own = at < 0 ? part : `${part.slice(at + 1)}.${part.slice(0, at)}`
    name = name === '' ? own : `${own}:${name}`
    if (name !== '' && !taken.has(name)) return name
  }
  return `${name === '' ? 'root' : name}#${taken.size}`
}
