// iommu-addresses: bus addresses that a reserved-memory node sets aside for one device behind an IOMMU.
import type { IommuRegion } from '@dmalab/api'
import { readNumber, type FdtNode } from '../fdt/node.ts'
import { addressCells, sizeCells } from './bus.ts'
import { translateDmaAddress } from './dma-ranges.ts'
import type { DeviceTree } from './tree.ts'

/** No bus address of the model goes further; a region beyond is left out. */
const END = 2n ** 53n

/**
 * Regions for a device, in the order of its memory-region. The list in a node is read as Linux reads it: where an entry is for another
 * device, only its phandle is skipped, and its address cells are taken for phandles.
 *
 * Models: Linux v6.12 drivers/iommu/of_iommu.c: of_iommu_get_resv_regions
 * Models: Linux v6.12 drivers/of/address.c: of_translate_dma_region
 */
export function iommuRegions(tree: DeviceTree, device: FdtNode): readonly IommuRegion[] {
  const parent = tree.dmaParent(device)
  if (parent === undefined) return []
  const na = addressCells(parent)
  const ns = sizeCells(parent)
  const regions: IommuRegion[] = []
  for (const phandle of device.cells('memory-region') ?? []) {
    const node = tree.byPhandle(phandle)
    if (node === undefined) break
    const maps = node.cells('iommu-addresses') ?? []
    for (let at = 0; at < maps.length;) {
      if (tree.byPhandle(maps[at++] ?? 0) !== device) continue
      const base = translateDmaAddress(tree, device, maps.slice(at, at + na))
      const len = readNumber(maps, at + na, ns)
      at += na + ns
      if (at > maps.length || base === undefined || len === 0n || base + len > END) continue
      regions.push({ base: Number(base), len: Number(len), type: typeOf(node, base, len) })
    }
  }
  return regions
}

/**
 * The very memory that the node reserves is mapped one to one; anything else is kept free.
 *
 * Models: Linux v6.12 drivers/iommu/of_iommu.c: iommu_resv_region_get_type
 */
function typeOf(node: FdtNode, base: bigint, len: bigint): IommuRegion['type'] {
  const reg = node.cells('reg')
  const bus = node.parent
  if (reg === undefined || bus === undefined) return 'reserved'
  const na = addressCells(bus)
  return readNumber(reg, 0, na) === base && readNumber(reg, na, sizeCells(bus)) === len ? 'direct' : 'reserved'
}

/** One entry of iommu-addresses as it is meant: the device's own cells, untranslated. */
export interface IommuAddress {
  /** Undefined where the phandle leads nowhere; the list cannot be read further. */
  readonly device: FdtNode | undefined
  readonly base: bigint
  readonly size: bigint
}

/** All entries of a reserved-memory node, as its binding defines them. */
export function iommuAddresses(tree: DeviceTree, node: FdtNode): readonly IommuAddress[] {
  const cells = node.cells('iommu-addresses') ?? []
  const entries: IommuAddress[] = []
  for (let at = 0; at < cells.length;) {
    const device = tree.byPhandle(cells[at++] ?? 0)
    const parent = device === undefined ? undefined : tree.dmaParent(device)
    if (parent === undefined) return [...entries, { device: undefined, base: 0n, size: 0n }]
    const [na, ns] = [addressCells(parent), sizeCells(parent)]
    if (at + na + ns > cells.length) return entries
    entries.push({ device, base: readNumber(cells, at, na), size: readNumber(cells, at + na, ns) })
    at += na + ns
  }
  return entries
}
