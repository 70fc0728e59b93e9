// What Linux concludes for one DMA master: its windows and whether it snoops.
import { upwards, type FdtNode } from '../fdt/node.ts'
import { isPciBus } from './bus.ts'
import { readDmaRanges } from './dma-ranges.ts'
import type { DeviceTree } from './tree.ts'

/** Debian's names, which FORMAT of the corpus uses. */
export type DebianArch = 'armhf' | 'arm64' | 'riscv64'

export interface DmaBus {
  /** Node whose non-empty dma-ranges count for the device. */
  readonly bus?: FdtNode
  /** `cut`: such a node lies above (`spec`), but Linux gives up before it gets there. */
  readonly status: 'ok' | 'none' | 'cut'
  readonly spec?: FdtNode
}

/**
 * The specification goes up until it finds dma-ranges. Linux lets the first node of its walk lack them, and gives up at the
 * next one that does.
 * Models: Linux v6.12 drivers/of/address.c: of_dma_get_range
 */
export function findDmaBus(tree: DeviceTree, start: FdtNode | undefined): DmaBus {
  let first = true
  let cut = false
  for (const node of tree.dmaWalk(start)) {
    const ranges = node.bytes('dma-ranges')
    if (ranges !== undefined && ranges.length > 0)
      return cut ? { status: 'cut', spec: node } : { status: 'ok', bus: node }
    if (ranges === undefined && !first) cut = true
    first = false
  }
  return { status: 'none' }
}

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
  for (const node of tree.dmaWalk(device)) {
    if (node.has('dma-coherent')) return { coherent: true, decidedBy: node }
    if (node.has('dma-noncoherent')) return { coherent: false, decidedBy: node }
  }
  return { coherent: arch === 'riscv64' }
}

/**
 * Highest CPU address that every master reaches; disabled subtrees do not count.
 * Models: Linux v6.12 drivers/of/address.c: of_dma_get_max_cpu_address
 */
export function maxDmaCpuAddress(tree: DeviceTree): bigint {
  let lowest = 2n ** 64n - 1n
  for (const node of tree.fdt.nodes) {
    if ((node.bytes('dma-ranges')?.length ?? 0) === 0 || !reachableBelowRoot(node)) continue
    const { maxCpuAddress } = readDmaRanges(tree, node)
    if (maxCpuAddress < lowest) lowest = maxCpuAddress
  }
  return lowest
}

const reachableBelowRoot = (node: FdtNode): boolean =>
  [...upwards(node)].every((at) => at.parent === undefined || at.enabled)
