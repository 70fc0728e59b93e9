// Every node with dma-ranges: its windows as Linux sees them, and how many devices get them.
import type { FdtNode } from '../fdt/node.ts'
import { busOf } from '../of/bus.ts'
import { dmaLimit, readDmaRanges } from '../of/dma-ranges.ts'
import { dmaWalkStart, findDmaBus } from '../of/dma.ts'
import type { DmaRanges } from '../of/known.ts'
import type { DeviceTree } from '../of/tree.ts'
import { toHex } from './hex.ts'
import type { DmaBusFacts } from './types.ts'

export interface DmaBusRead {
  readonly node: FdtNode
  readonly facts: DmaBusFacts
  /** Absent for an empty dma-ranges. */
  readonly ranges?: DmaRanges
}

/** What all nodes with `compatible` get: how many are ok, none or cut, and how many each bus serves. */
export interface DmaBusUse {
  readonly statusCounts: Readonly<Record<string, number>>
  readonly users: ReadonlyMap<FdtNode, number>
}

/** First part of paths whose nodes are not devices, whatever follows. */
const NO_DEVICES = ['cpus', 'reserved-memory', 'chosen', 'aliases', '__symbols__', 'memory']

export function dmaBusUse(tree: DeviceTree): DmaBusUse {
  const statusCounts: Record<string, number> = {}
  const users = new Map<FdtNode, number>()
  // Devices of one bus start their walk at one node.
  const found = new Map<FdtNode | undefined, ReturnType<typeof findDmaBus>>()
  let outside = false
  for (const node of tree.nodes) {
    if (node.depth === 1) outside = NO_DEVICES.some((name) => node.name.startsWith(name))
    if (outside || node.depth === 0 || !node.has('compatible')) continue
    const start = dmaWalkStart(tree, node)
    let use = found.get(start)
    if (use === undefined) found.set(start, (use = findDmaBus(tree, start)))
    statusCounts[use.status] = (statusCounts[use.status] ?? 0) + 1
    if (use.bus !== undefined) users.set(use.bus, (users.get(use.bus) ?? 0) + 1)
  }
  return { statusCounts, users }
}

export function readDmaBuses(tree: DeviceTree, { users }: DmaBusUse): DmaBusRead[] {
  return tree.nodes
    .filter((node) => node.has('dma-ranges'))
    .map((node) => {
      const common = { path: node.path, enabled: node.enabled, reachable: node.reachable }
      if (node.bytes('dma-ranges')?.length === 0)
        return { node, facts: { ...common, empty: true, entries: [], map: [], users: 0 } }
      const ranges = readDmaRanges(tree, node)
      return { node, ranges, facts: { ...common, ...busFacts(node, ranges), users: users.get(node) ?? 0 } }
    })
}

function busFacts(node: FdtNode, ranges: DmaRanges) {
  const { windows, leftoverCells, untranslatable } = ranges
  const ok = windows.length > 0
  return {
    empty: false,
    bus_type: busOf(node).name,
    cells: ranges.cells,
    entries: ranges.entries.map(({ bus, parent, size, flagsCell }) => ({
      bus: toHex(bus),
      parent: toHex(parent),
      size: toHex(size),
      ...(flagsCell !== undefined && { flags_cell: toHex(flagsCell) }),
    })),
    map: windows.map(({ dmaStart, cpuStart, size }) => ({
      dma_start: toHex(dmaStart),
      cpu_start: toHex(cpuStart),
      size: toHex(size),
    })),
    ...(untranslatable > 0 && { untranslatable }),
    ...(leftoverCells > 0 && { leftover_cells: leftoverCells }),
    result: ok ? ('ok' as const) : ('EINVAL' as const),
    bus_dma_limit: ok ? toHex(dmaLimit(windows)) : null,
  }
}
