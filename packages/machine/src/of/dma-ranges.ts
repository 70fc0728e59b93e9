// dma-ranges as Linux reads them: entries of one bus, translated up to the root, neighbours merged.
import { readNumber, type FdtNode } from '../fdt/node.ts'
import { addressCells, busOf, offsetInRange, sizeCells } from './bus.ts'
import type { DeviceTree } from './tree.ts'

/** One entry as it stands in the property. */
export interface RawDmaRange {
  readonly bus: bigint
  readonly parent: bigint
  readonly size: bigint
  /** First cell of a three-cell address. */
  readonly flagsCell?: number
}

/** What a device behind the bus sees: `size` bytes at `dmaStart` are the bytes at `cpuStart`. */
export interface DmaWindow {
  readonly dmaStart: bigint
  readonly cpuStart: bigint
  readonly size: bigint
}

export interface DmaRanges {
  readonly cells: { readonly child: number; readonly parent: number; readonly size: number }
  readonly entries: readonly RawDmaRange[]
  readonly windows: readonly DmaWindow[]
  readonly untranslatable: number
  readonly leftoverCells: number
  /** Windows before neighbours were merged. */
  readonly unmerged: number
  /**
   * Highest CPU address that Linux computes from the entries. It also counts those that could not be translated, whose
   * address is all ones.
   */
  readonly maxCpuAddress: bigint
}

const U64 = 2n ** 64n
const BAD_ADDR = U64 - 1n
const MAX_ADDRESS_CELLS = 4

/** Models: Linux v6.12 drivers/of/address.c: parser_init, of_pci_range_parser_one, of_dma_get_range */
export function readDmaRanges(tree: DeviceTree, node: FdtNode): DmaRanges {
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
  const [, ...parents] = tree.dmaWalk(node)
  const top = parents.at(-1)
  let [bus] = parents
  if (bus === undefined || top === undefined || tree.dmaParent(top) !== undefined) return undefined
  let kind = busOf(bus)
  let counts = countCells(node, bus)
  if (counts === undefined) return undefined
  let at = address.slice(0, counts.address)
  for (const above of parents.slice(1)) {
    const { address: na, size: ns } = counts
    const outer = countCells(bus, above)
    if (outer === undefined) return undefined
    const outerKind = busOf(above)
    const pna = outer.address
    const ranges = bus.cells('dma-ranges') ?? []
    let offset: bigint | undefined
    let moved: number[] = []
    if (ranges.length === 0) {
      offset = readNumber(at, 0, na)
      moved = Array.from({ length: pna }, (_, cell) => (cell < outerKind.flagCells ? (at[cell] ?? 0) : 0))
    } else {
      const stride = na + pna + ns
      for (let from = 0; from + stride <= ranges.length && offset === undefined; from += stride) {
        const range = ranges.slice(from, from + stride)
        offset = offsetInRange(kind, at, range, na, ns, pna)
        moved = range.slice(na, na + pna)
      }
    }
    if (offset === undefined) return undefined
    at = plus(moved, offset, outerKind.flagCells)
    bus = above
    kind = outerKind
    counts = outer
  }
  return readNumber(at, 0, counts.address)
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
  if (count > 1) moved[moved.length - 2] = Number(sum >> 32n)
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
