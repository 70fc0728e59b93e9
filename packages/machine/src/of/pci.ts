// What the functions behind a PCI host bridge get from it: its outbound windows, and whether anyone may plug cards in.
import type { PciFacts } from '@dmalab/api'
import { readNumber, type FdtNode } from '../fdt/node.ts'
import { addressCells } from './bus.ts'

/** Cells of a PCI address and of a size behind the bridge. */
const ADDRESS = 3
const SIZE = 2
/** Space code of the first cell: 2 and 3 are memory. */
const SPACE = 2 ** 24

/**
 * Models: Linux v6.12 drivers/pci/of.c: devm_of_pci_get_host_bridge_resources, pci_set_bus_of_node
 * Leaves out: ports that no node of the tree describes.
 */
export const pciFacts = (bridge: FdtNode): PciFacts => ({
  untrusted: descendants(bridge).some((port) => port.has('external-facing')),
  windows: memoryWindows(bridge),
})

function memoryWindows(bridge: FdtNode): PciFacts['windows'] {
  const ranges = bridge.cells('ranges') ?? []
  const parent = addressCells(bridge.parent ?? bridge)
  const stride = ADDRESS + parent + SIZE
  const windows: { base: number; len: number }[] = []
  for (let at = 0; at + stride <= ranges.length; at += stride) {
    const space = Math.floor((ranges[at] ?? 0) / SPACE) % 4
    const base = readNumber(ranges, at + 1, ADDRESS - 1)
    const len = readNumber(ranges, at + ADDRESS + parent, SIZE)
    if (space >= 2 && len > 0n && base + len <= 2n ** 53n) windows.push({ base: Number(base), len: Number(len) })
  }
  return windows
}

const descendants = (node: FdtNode): FdtNode[] => node.children.flatMap((child) => [child, ...descendants(child)])
