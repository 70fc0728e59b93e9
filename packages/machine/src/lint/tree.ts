// Hazards of the tree itself: circles, contradictions, windows that lead nowhere, references that find the wrong node.
import type { FdtNode } from '../fdt/node.ts'
import { readDmaRanges } from '../of/dma-ranges.ts'
import { phandleOf, type DeviceTree } from '../of/tree.ts'
import { mediaClassOf } from '../facts/media-classes.ts'
import { driverFor } from '../kernel-drivers/index.ts'
import type { Report } from './finding.ts'

export function lintTree(tree: DeviceTree, report: Report): void {
  const phandles = new Map<number, FdtNode>()
  for (const node of tree.nodes) {
    if (node.has('dma-coherent') && node.has('dma-noncoherent'))
      report(
        'coherence-contradiction',
        'error',
        node.path,
        'is dma-coherent and dma-noncoherent; Linux takes the former',
      )
    if ((node.bytes('dma-ranges')?.length ?? 0) > 0) lintDmaRanges(tree, node, report)
    if ((node.bytes('iommu-map')?.length ?? 0) % 16 !== 0)
      report('iommu-missing', 'error', node.path, 'iommu-map is not a whole number of entries of four cells')
    lintChildIommus(node, report)
    const phandle = phandleOf(node)
    const first = phandle === undefined ? undefined : phandles.get(phandle)
    if (first !== undefined)
      report('duplicate-phandle', 'error', node.path, `has the phandle of ${first.path}, which references find instead`)
    else if (phandle !== undefined) phandles.set(phandle, node)
    const names = new Set<string>()
    for (const child of node.children) {
      if (names.has(child.name)) report('duplicate-node', 'warning', child.path, 'a second node of this path')
      names.add(child.name)
    }
  }
  lintCycles(tree, report)
}

/**
 * The IOMMU of a device is that of its own node; a node without compatible makes no device.
 * Models: Linux v6.12 drivers/iommu/of_iommu.c: of_iommu_configure
 */
function lintChildIommus(node: FdtNode, report: Report): void {
  const below = node.children.filter((child) => child.has('iommus') && child.enabled)
  const [first] = below
  if (first === undefined || !node.reachable || node.has('iommus') || node.has('iommu-map')) return
  if (driverFor(node.compatible) === undefined && mediaClassOf(node.compatible) === undefined) return
  const names = below.map((child) => child.name).join(', ')
  const made = below.every((child) => child.has('compatible'))
  report(
    'iommu-on-child',
    made ? 'info' : 'warning',
    node.path,
    made
      ? `iommus stands only in ${names} below: buffers that ${node.name} maps itself are not translated`
      : `iommus stands only in ${names} below, which is no device of its own (no compatible): ${node.name} runs without the IOMMU`,
  )
}

function lintDmaRanges(tree: DeviceTree, node: FdtNode, report: Report): void {
  const { entries, windows, untranslatable, leftoverCells, cells } = readDmaRanges(tree, node)
  if (leftoverCells > 0)
    report(
      'dma-ranges-malformed',
      'error',
      node.path,
      `dma-ranges: ${leftoverCells} cells left over; an entry takes ${cells.child} + ${cells.parent} + ${cells.size}`,
    )
  if (untranslatable > 0)
    report(
      'dma-ranges-untranslatable',
      windows.length === 0 ? 'error' : 'warning',
      node.path,
      `${untranslatable} of ${untranslatable + windows.length} windows lead to no CPU address: dma-ranges above do not carry them`,
    )
  const end = (bits: number): bigint => 2n ** BigInt(bits)
  for (const { bus, parent, size } of entries) {
    const busEnd = end(cells.child === 1 ? 32 : 64)
    const parentEnd = end(cells.parent === 1 ? 32 : 64)
    if (bus + size > busEnd || parent + size > parentEnd)
      report(
        'dma-ranges-wraps',
        'warning',
        node.path,
        `the window at bus address 0x${bus.toString(16)} passes the end of the address space`,
      )
    if (size === 0n && entries.length > 0)
      report(
        'dma-ranges-empty-entry',
        'warning',
        node.path,
        `the window at bus address 0x${bus.toString(16)} has no size`,
      )
  }
}

function lintCycles(tree: DeviceTree, report: Report): void {
  const order = new Map(tree.nodes.map((node, index) => [node, index]))
  const leaves = (node: FdtNode): boolean => tree.dmaParent(node) !== node.parent
  const walked = new Set<FdtNode>()
  for (const node of tree.nodes) {
    const ring = leaves(node) ? newRing(node, (each) => tree.dmaParent(each), walked) : []
    const [first] = ring.filter(leaves).toSorted((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0))
    if (first === undefined) continue
    const at = ring.indexOf(first)
    const from = [...ring.slice(at), ...ring.slice(0, at)]
    report('dma-parent-cycle', 'error', first.path, `DMA parents go in a circle: ${way(from)}`)
  }
  const level = (node: FdtNode): FdtNode | undefined => tree.byPhandle(node.u32('next-level-cache') ?? 0)
  const caches = new Set<FdtNode>()
  for (const node of tree.nodes) {
    const ring = node.has('next-level-cache') ? newRing(node, level, caches) : []
    if (ring.length > 0) report('cache-cycle', 'warning', node.path, `next-level-cache goes in a circle: ${way(ring)}`)
  }
}

/** A ring is as long as somebody makes it. */
const way = (ring: readonly FdtNode[]): string =>
  [...ring.slice(0, 16).map((each) => each.path), ...(ring.length > 16 ? [`${ring.length - 16} more`] : [])].join(
    ' -> ',
  )

/** The nodes of the ring that a walk ends in; none when it ends, or where an earlier walk has been. */
function newRing(from: FdtNode, next: (node: FdtNode) => FdtNode | undefined, walked: Set<FdtNode>): FdtNode[] {
  const seen = new Map<FdtNode, number>()
  for (let node: FdtNode | undefined = from; node !== undefined; node = next(node)) {
    const at = seen.get(node)
    if (at !== undefined) return [...seen.keys()].slice(at)
    if (walked.has(node)) return []
    walked.add(node)
    seen.set(node, seen.size)
  }
  return []
}
