// dma-ranges as Linux reads them: entries of one bus, translated up to the root, neighbours merged.
import { readNumber, type FdtNode } from '../fdt/node.ts'
import { addressCells, busOf, sizeCells } from './bus.ts'
import type { DmaRanges, DmaWindow, Hop, RawDmaRange } from './known.ts'
import { RangeIndex } from './range-index.ts'
import type { DeviceTree } from './tree.ts'

const U64 = 2n ** 64n
const BAD_ADDR = U64 - 1n
const MAX_ADDRESS_CELLS = 4

/** Read once for a tree, however often it is asked for. */
export function readDmaRanges(tree: DeviceTree, node: FdtNode): DmaRanges {
  const ranges = tree.known.ranges.get(node) ?? parseDmaRanges(tree, node)
  tree.known.ranges.set(node, ranges)
  return ranges
}

/** Models: Linux v6.12 drivers/of/address.c: parser_init, of_pci_range_parser_one, of_dma_get_range */
function parseDmaRanges(tree: DeviceTree, node: FdtNode): DmaRanges {
  const bus = busOf(node)
  const na = addressCells(node)
  const ns = sizeCells(node)
  const pna = addressCells(node.parent ?? node)
  const cells = node.cells('dma-ranges') ?? []
  const stride = na + pna + ns
  const entries: RawDmaRange[] = []
  const windows: (DmaWindow & { flags: number })[] = []
  // Nothing can be read where an entry takes no cell at all, or where flags would take more cells than there are.
  const count = stride === 0 || na < bus.flagCells ? 0 : Math.floor(cells.length / stride)
  for (let index = 0; index < count; index++) {
    const entry = cells.slice(index * stride, (index + 1) * stride)
    const size = readNumber(entry, na + pna, ns)
    entries.push({
      bus: readNumber(entry, 0, na),
      parent: readNumber(entry, na, pna),
      size,
      ...(na === 3 && entry[0] !== undefined && { flagsCell: entry[0] }),
    })
    const next = {
      dmaStart: readNumber(entry, bus.flagCells, na - bus.flagCells),
      cpuStart: translateDmaAddress(tree, node, entry.slice(na)) ?? BAD_ADDR,
      size,
      flags: bus.flags(entry),
    }
    const last = windows.at(-1)
    if (last !== undefined && continues(last, next))
      windows[windows.length - 1] = { ...last, size: wrap(last.size + size) }
    else windows.push(next)
  }
  const translated = windows.filter((window) => window.cpuStart !== BAD_ADDR)
  return {
    cells: { child: na, parent: pna, size: ns },
    entries,
    windows: translated.map(({ dmaStart, cpuStart, size }) => ({ dmaStart, cpuStart, size })),
    untranslatable: windows.length - translated.length,
    leftoverCells: stride === 0 ? cells.length : cells.length % stride,
    unmerged: entries.length,
    maxCpuAddress: maxCpuAddress(windows),
  }
}

/** Highest DMA address of the windows; the scan stops at an empty one. Models: Linux v6.12 include/linux/dma-direct.h: dma_range_map_max */
export function dmaLimit(windows: readonly DmaWindow[]): bigint {
  let limit = 0n
  for (const { dmaStart, size } of windows) {
    if (size === 0n) break
    const last = wrap(dmaStart + size - 1n)
    if (last > limit) limit = last
  }
  return limit
}

/**
 * Address on the parent bus of `node` -> CPU address, through the dma-ranges of every DMA parent; a missing or empty one
 * counts as 1:1. Undefined when a bus on the way does not carry the address, or when the parents go in a circle.
 * Models: Linux v6.12 drivers/of/address.c: of_translate_dma_address, of_translate_one
 */
export function translateDmaAddress(tree: DeviceTree, node: FdtNode, address: readonly number[]): bigint | undefined {
  if (tree.dmaParent(node) === undefined || tree.dmaParentsCircle(node)) return undefined
  let hop = hopOf(tree, node)
  if (hop === undefined) return undefined
  let at = address.slice(0, hop.addressCells)
  while (hop.up !== undefined) {
    const { up, addressCells: na, kind }: Hop = hop
    const next = hopOf(tree, hop.bus)
    if (next === undefined) return undefined
    let offset: bigint
    let moved: readonly number[]
    if (up.ranges === undefined) {
      const given = at
      offset = readNumber(at, 0, na)
      moved = Array.from({ length: next.addressCells }, (_, cell) =>
        cell < next.kind.flagCells ? (given[cell] ?? 0) : 0,
      )
    } else {
      const value = readNumber(at, kind.flagCells, na - kind.flagCells)
      const found = up.ranges.byKind.get(kind.kind(at))?.find(value)
      if (found === undefined) return undefined
      offset = value - up.ranges.start(found)
      moved = up.ranges.parent(found)
    }
    at = plus(moved, offset, next.kind.flagCells)
    hop = next
  }
  return readNumber(at, 0, hop.addressCells)
}

/** Undefined for cell counts that Linux refuses. */
function hopOf(tree: DeviceTree, node: FdtNode): Hop | undefined {
  const { hops } = tree.known
  if (!hops.has(node)) hops.set(node, makeHop(tree, node))
  return hops.get(node)
}

function makeHop(tree: DeviceTree, node: FdtNode): Hop | undefined {
  const bus = tree.dmaParent(node)
  const counts = bus === undefined ? undefined : countCells(node, bus)
  if (bus === undefined || counts === undefined) return undefined
  const kind = busOf(bus)
  const here = { bus, kind, addressCells: counts.address }
  const above = tree.dmaParent(bus)
  if (above === undefined) return here
  const cells = bus.cells('dma-ranges') ?? []
  const outer = countCells(bus, above)
  if (outer === undefined || cells.length === 0) return { ...here, up: {} }
  const [na, pna] = [counts.address, outer.address]
  const stride = na + pna + counts.size
  const start = (index: number): bigint => readNumber(cells, index * stride + kind.flagCells, na - kind.flagCells)
  const byKind = new Map<number, RangeIndex>()
  for (let index = 0; (index + 1) * stride <= cells.length; index++) {
    const from = index * stride
    const key = kind.kind(cells.slice(from, from + na))
    const ranges = byKind.get(key) ?? new RangeIndex()
    byKind.set(key, ranges)
    const first = start(index)
    ranges.add(index, first, wrap(first + readNumber(cells, from + na + pna, counts.size)))
  }
  return {
    ...here,
    up: { ranges: { byKind, start, parent: (index) => cells.slice(index * stride + na, index * stride + na + pna) } },
  }
}

/** Cells of an address of `node` on `bus`, its DMA parent; undefined for counts that Linux refuses. */
function countCells(node: FdtNode, bus: FdtNode): { readonly address: number; readonly size: number } | undefined {
  const counts = busOf(bus).countCells(node)
  return counts.address > 0 && counts.address <= MAX_ADDRESS_CELLS && counts.size > 0 ? counts : undefined
}

/** Adds an offset to an address, leaving its flags alone. Models: Linux v6.12 drivers/of/address.c: of_bus_default_translate */
function plus(address: readonly number[], offset: bigint, flagCells: number): number[] {
  const moved = [...address].fill(0, flagCells)
  const count = address.length - flagCells
  const sum = wrap(readNumber(address, flagCells, count) + offset)
  if (count > 1) moved[moved.length - 2] = Number(sum / 2n ** 32n)
  if (count > 0) moved[moved.length - 1] = Number(sum % 2n ** 32n)
  return moved
}

type Flagged = DmaWindow & { readonly flags: number }

const continues = (last: Flagged, next: Flagged): boolean =>
  next.flags === last.flags &&
  next.dmaStart === wrap(last.dmaStart + last.size) &&
  next.cpuStart === wrap(last.cpuStart + last.size)

/** Models: Linux v6.12 drivers/of/address.c: of_dma_get_max_cpu_address (its loop over one dma-ranges) */
function maxCpuAddress(windows: readonly DmaWindow[]): bigint {
  let highest = 0n
  for (const { cpuStart, size } of windows) {
    const end = wrap(cpuStart + size)
    if (end > highest) highest = wrap(end - 1n)
  }
  return highest
}

const wrap = (value: bigint): bigint => BigInt.asUintN(64, value)
