// Kinds of bus: how many cells an address takes on it, which cell holds flags, and what makes an address match a range.
import { upwards, type FdtNode } from '../fdt/node.ts'

type Cells = readonly number[]

export interface Bus {
  readonly name: 'pci' | 'isa' | 'default-flags' | 'default'
  readonly flagCells: 0 | 1
  /** Cells of an address and of a size of `child`, which lies on this bus. */
  readonly countCells: (child: FdtNode) => { readonly address: number; readonly size: number }
  /** Ranges continue each other only if these are equal. */
  readonly flags: (address: Cells) => number
  /** An address lies in a range only if the kinds of both are equal. */
  readonly kind: (address: Cells) => number
}

/** Cells of child addresses, inherited from above. Models: Linux v6.12 drivers/of/base.c: of_bus_n_addr_cells */
export const addressCells = (bus: FdtNode): number => inheritedCells(bus, '#address-cells')
/** Models: Linux v6.12 drivers/of/base.c: of_bus_n_size_cells */
export const sizeCells = (bus: FdtNode): number => inheritedCells(bus, '#size-cells')

/** Linux's default is 1 for both; the specification has 2 and 1, and does not inherit. */
function inheritedCells(bus: FdtNode, name: string): number {
  for (const node of upwards(bus)) {
    const cells = node.u32(name)
    if (cells !== undefined) return cells
  }
  return 1
}

const statedCells = (child: FdtNode) => {
  const above = child.parent ?? child
  return { address: addressCells(above), size: sizeCells(above) }
}
const first = (cells: Cells): number => cells[0] ?? 0

const PCI: Bus = {
  name: 'pci',
  flagCells: 1,
  countCells: () => ({ address: 3, size: 2 }),
  flags: (address) => pciSpace(address) + (bit(first(address), 30) ? 4 : 0),
  // Memory and I/O differ; 32-bit and 64-bit memory do not.
  kind: (address) => Math.min(pciSpace(address), 2),
}
const ISA: Bus = {
  name: 'isa',
  flagCells: 1,
  countCells: () => ({ address: 2, size: 1 }),
  flags: (address) => first(address) % 2,
  kind: (address) => first(address) % 2,
}
const DEFAULT_FLAGS: Bus = {
  name: 'default-flags',
  flagCells: 1,
  countCells: statedCells,
  flags: first,
  kind: first,
}
const DEFAULT: Bus = {
  name: 'default',
  flagCells: 0,
  countCells: statedCells,
  flags: () => 0,
  kind: () => 0,
}

/** Models: Linux v6.12 drivers/of/address.c: of_match_bus */
export function busOf(node: FdtNode): Bus {
  if (isPciBus(node)) return PCI
  if (node.baseName === 'isa') return ISA
  if (node.u32('#address-cells') === 3) return DEFAULT_FLAGS
  return DEFAULT
}

/** Models: Linux v6.12 drivers/of/address.c: of_bus_pci_match */
export const isPciBus = (node: FdtNode): boolean =>
  ['pci', 'pciex', 'vci', 'ht'].includes(node.string('device_type') ?? '') || node.baseName === 'pcie'

/** 0 configuration, 1 I/O, 2 memory, 3 memory beyond 4 GiB. */
const pciSpace = (address: Cells): number => Math.floor(first(address) / 2 ** 24) % 4
const bit = (word: number, n: number): boolean => Math.floor(word / 2 ** n) % 2 === 1
