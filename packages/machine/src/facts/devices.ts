// The devices worth listing: everything that says how it does DMA, and all media devices.
import type { FdtNode } from '../fdt/node.ts'
import { coherence, dmaWalkStart, findDmaBus } from '../of/dma.ts'
import type { DebianArch } from '../of/architectures.ts'
import type { DeviceTree } from '../of/tree.ts'
import { toHex } from './hex.ts'
import { mediaClassOf } from './media-classes.ts'
import type { DeviceNode, IommuNode, IommuRef, MediaClass, MemoryRegionRef } from './types.ts'
import type { RegionUsers } from './reserved.ts'

const DMA_PROPERTIES = ['memory-region', 'iommus', 'iommu-map', 'dma-coherent', 'dma-noncoherent']

export function deviceFacts(tree: DeviceTree, arch: DebianArch): DeviceNode[] {
  const devices: DeviceNode[] = []
  for (const node of tree.nodes) {
    const mediaClass = mediaClassOf(node.compatible)
    const dmaMem = usesDmaMem(node)
    if (mediaClass !== undefined || dmaMem || DMA_PROPERTIES.some((name) => node.has(name)))
      devices.push(deviceFact(tree, node, arch, mediaClass, dmaMem))
  }
  return devices
}

const usesDmaMem = (node: FdtNode): boolean => (node.strings('interconnect-names') ?? []).includes('dma-mem')

/** What is known of the DMA of any one node. */
export function deviceFact(
  tree: DeviceTree,
  node: FdtNode,
  arch: DebianArch,
  mediaClass?: MediaClass,
  dmaMem = false,
): DeviceNode {
  const dmaParent = tree.dmaParent(node)
  const { bus, status, spec } = findDmaBus(tree, dmaWalkStart(tree, node))
  const { coherent, decidedBy } = coherence(tree, node, arch)
  return {
    path: node.path,
    compatible: node.compatible,
    enabled: node.enabled,
    reachable: node.reachable,
    class: mediaClass ?? null,
    ...(node.has('memory-region') && {
      memory_region: memoryRegionRefs(tree, node),
      memory_region_names: node.strings('memory-region-names') ?? null,
    }),
    ...(node.has('iommus') && { iommus: iommuRefs(tree, node), iommu_names: node.strings('iommu-names') ?? null }),
    ...(node.has('iommu-map') && {
      iommu_map: iommuMap(tree, node),
      iommu_map_mask: hexOrNull(node.u32('iommu-map-mask')),
    }),
    ...(node.has('interconnects') && (mediaClass !== undefined || dmaMem) && interconnects(tree, node)),
    dma_parent: dmaParent === node.parent ? null : (dmaParent?.path ?? null),
    dma_bus: bus?.path ?? null,
    dma_bus_status: status,
    ...(spec !== undefined && { dma_bus_spec: spec.path }),
    coherent,
    coherent_decided_by: decidedBy?.path ?? null,
  }
}

/** Up to the first phandle that leads nowhere: Linux reads no further. */
function memoryRegionRefs(tree: DeviceTree, node: FdtNode): MemoryRegionRef[] {
  return memoryRegions(tree, node).map(({ phandle, target }) => {
    if (target === undefined) return { phandle, path: null, target: 'missing' }
    return {
      phandle,
      path: target.path,
      target: isReservedRegion(target) ? 'reserved-memory' : 'other',
      target_enabled: target.enabled,
    }
  })
}

/** Models: Linux v6.12 drivers/of/base.c: of_phandle_iterator_next (without arguments) */
function memoryRegions(tree: DeviceTree, node: FdtNode): { phandle: number; target: FdtNode | undefined }[] {
  const regions: { phandle: number; target: FdtNode | undefined }[] = []
  for (const phandle of node.cells('memory-region') ?? []) {
    const target = tree.byPhandle(phandle)
    regions.push({ phandle, target })
    if (target === undefined) break
  }
  return regions
}

const isReservedRegion = (node: FdtNode): boolean => node.parent?.name === 'reserved-memory' && node.parent.depth === 1

/** Who names a region in memory-region, by region, in node order. */
export function regionUsers(tree: DeviceTree): RegionUsers {
  const users = new Map<FdtNode, string[]>()
  for (const node of tree.nodes) {
    if (!node.has('memory-region')) continue
    for (const target of new Set(memoryRegions(tree, node).map((region) => region.target))) {
      if (target === undefined) continue
      const known = users.get(target) ?? []
      known.push(node.path)
      users.set(target, known)
    }
  }
  return users
}

const IOMMU_ERRORS = {
  'missing-phandle': 'missing-phandle',
  'missing-cells': 'missing-#iommu-cells',
  short: 'short',
} as const

function iommuRefs(tree: DeviceTree, node: FdtNode): IommuRef[] {
  return tree.phandlesWithArgs(node, 'iommus', '#iommu-cells').map(({ node: iommu, args, error }) => ({
    iommu: iommu?.path ?? null,
    args: args.map(toHex),
    ...(iommu !== undefined && { iommu_enabled: iommu.enabled }),
    ...(error !== undefined && { error: IOMMU_ERRORS[error] }),
  }))
}

function iommuMap(tree: DeviceTree, node: FdtNode): NonNullable<DeviceNode['iommu_map']> {
  const cells = node.cells('iommu-map') ?? []
  return Array.from({ length: Math.floor(cells.length / 4) }, (_, index) => {
    const [idBase = 0, phandle = 0, outBase = 0, length = 0] = cells.slice(index * 4)
    return {
      id_base: toHex(idBase),
      iommu: tree.byPhandle(phandle)?.path ?? null,
      out_base: toHex(outBase),
      length: toHex(length),
    }
  })
}

const interconnects = (tree: DeviceTree, node: FdtNode): Pick<DeviceNode, 'interconnects' | 'interconnect_names'> => ({
  interconnects: tree
    .phandlesWithArgs(node, 'interconnects', '#interconnect-cells')
    .map(({ node: target, args }) => ({ node: target?.path ?? null, args })),
  interconnect_names: node.strings('interconnect-names') ?? null,
})

/** Nodes with #iommu-cells. */
export const iommuFacts = (tree: DeviceTree, arch: DebianArch): IommuNode[] =>
  tree.nodes
    .filter((node) => node.has('#iommu-cells'))
    .map((node) => ({
      path: node.path,
      compatible: node.compatible,
      iommu_cells: node.u32('#iommu-cells') ?? null,
      enabled: node.enabled,
      coherent: coherence(tree, node, arch).coherent,
    }))

const hexOrNull = (value: number | undefined) => (value === undefined ? null : toHex(value))
