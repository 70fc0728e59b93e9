// /memory nodes as Linux reads them at boot.
import type { FdtNode } from '../fdt/node.ts'
import type { DeviceTree } from '../of/tree.ts'
import { readRegions, toHexRange, type BigRange } from './hex.ts'
import type { MemoryNode } from './types.ts'

/** Cells of the root, with Linux's default of 1 for both. Models: Linux v6.12 drivers/of/fdt.c: early_init_dt_scan_root */
export const rootCells = (tree: DeviceTree): { readonly address: number; readonly size: number } => ({
  address: tree.root.u32('#address-cells') ?? 1,
  size: tree.root.u32('#size-cells') ?? 1,
})

export interface MemoryRead {
  readonly node: FdtNode
  readonly source: MemoryNode['source']
  /** Without the zero-sized ones. */
  readonly regions: readonly BigRange[]
  readonly zeroSized: number
  readonly leftover: number
}

/** Models: Linux v6.12 drivers/of/fdt.c: early_init_dt_scan_memory */
export function readMemory(tree: DeviceTree): MemoryRead[] {
  const { address, size } = rootCells(tree)
  return tree.root.children
    .filter((node) => node.string('device_type') === 'memory')
    .map((node) => {
      const source = node.has('linux,usable-memory') ? 'linux,usable-memory' : node.has('reg') ? 'reg' : null
      const { regions, leftover } = readRegions(source === null ? [] : (node.cells(source) ?? []), address, size)
      const usable = regions.filter((region) => region.size !== 0n)
      return { node, source, regions: usable, zeroSized: regions.length - usable.length, leftover }
    })
}

export const memoryFacts = (memory: readonly MemoryRead[]): MemoryNode[] =>
  memory.map(({ node, source, regions, zeroSized }) => ({
    path: node.path,
    enabled: node.enabled,
    source,
    hotpluggable: node.has('hotpluggable'),
    regions: regions.map(toHexRange),
    ignored_zero_size: zeroSized,
  }))
