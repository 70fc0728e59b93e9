// What Linux concludes for one DMA master: its windows and whether it snoops.
import { upwards, type FdtNode } from '../fdt/node.ts'
import { type DebianArch, TREE_RULES } from './architectures.ts'
import { isPciBus } from './bus.ts'
import { readDmaRanges } from './dma-ranges.ts'
import type { DmaBus } from './known.ts'
import type { DeviceTree } from './tree.ts'

/**
 * The specification goes up until it finds dma-ranges. Linux lets the first node of its walk lack them, and gives up at the
 * next one that does.
 * Models: Linux v6.12 drivers/of/address.c: of_dma_get_range
 */
export function findDmaBus(tree: DeviceTree, start: FdtNode | undefined): DmaBus {
  if (start === undefined) return { status: 'none' }
  if (hasRanges(start)) return { status: 'ok', bus: start }
  return busAbove(tree, tree.dmaParent(start))
}

/** What a walk finds that comes to a node from below; each node is asked once for a tree. */
function busAbove(tree: DeviceTree, from: FdtNode | undefined): DmaBus {
  const known = tree.known.busAbove
  const open: FdtNode[] = []
  let found: DmaBus = { status: 'none' }
  for (const node of tree.dmaWalk(from)) {
    const before = known.get(node)
    if (before === undefined) open.push(node)
    if (before === undefined && !hasRanges(node)) continue
    found = before ?? { status: 'ok', bus: node }
    break
  }
  for (const node of open.toReversed()) {
    if (found.bus !== undefined && !node.has('dma-ranges')) found = { status: 'cut', spec: found.bus }
    known.set(node, found)
  }
  return found
}

const hasRanges = (node: FdtNode): boolean => (node.bytes('dma-ranges')?.length ?? 0) > 0

/** Where the walk starts: at the DMA parent; for a PCI device, at the host bridge itself. */
export function dmaWalkStart(tree: DeviceTree, device: FdtNode): FdtNode | undefined {
  let bridge: FdtNode | undefined
  for (const node of upwards(device.parent)) {
    if (!isPciBus(node)) break
    bridge = node
  }
  return bridge ?? tree.dmaParent(device)
}

/** Models: Linux v6.12 drivers/of/address.c: of_dma_is_coherent */
export function coherence(
  tree: DeviceTree,
  device: FdtNode,
  arch: DebianArch,
): { coherent: boolean; decidedBy?: FdtNode } {
  const decidedBy = whoDecides(tree, device)
  if (decidedBy === undefined) return { coherent: TREE_RULES[arch].coherentByDefault }
  return { coherent: decidedBy.has('dma-coherent'), decidedBy }
}

/** The first on a node's way up that says whether it snoops; each node is asked once for a tree. */
function whoDecides(tree: DeviceTree, device: FdtNode): FdtNode | undefined {
  const known = tree.known.coherence
  const open: FdtNode[] = []
  let decides: FdtNode | undefined
  for (const node of tree.dmaWalk(device)) {
    if (known.has(node)) {
      decides = known.get(node)
      break
    }
    open.push(node)
    if (node.has('dma-coherent') || node.has('dma-noncoherent')) {
      decides = node
      break
    }
  }
  for (const node of open) known.set(node, decides)
  return decides
}

/**
 * Highest CPU address that every master reaches; disabled subtrees do not count.
 * Models: Linux v6.12 drivers/of/address.c: of_dma_get_max_cpu_address
 */
export function maxDmaCpuAddress(tree: DeviceTree): bigint {
  let lowest = 2n ** 64n - 1n
  for (const node of tree.nodes) {
    if ((node.bytes('dma-ranges')?.length ?? 0) === 0 || !reachableBelowRoot(node)) continue
    const { maxCpuAddress } = readDmaRanges(tree, node)
    if (maxCpuAddress < lowest) lowest = maxCpuAddress
  }
  return lowest
}

const reachableBelowRoot = (node: FdtNode): boolean =>
  [...upwards(node)].every((at) => at.parent === undefined || at.enabled)
