// /reserved-memory: what each child asks for, what becomes of it, who uses it.
import type { FdtNode } from '../fdt/node.ts'
import { type DebianArch, TREE_RULES } from '../of/architectures.ts'
import { iommuAddresses } from '../of/iommu-regions.ts'
import { phandleOf, type DeviceTree } from '../of/tree.ts'
import { readRegions, toHex, toHexRange, wholeNumber, type BigRange } from './hex.ts'
import { rootCells, type MemoryRead } from './memory.ts'
import type { Overlap, RegionKind, RegionNode, RegionResult, ReservedMemory } from './types.ts'

/** A region with its exact numbers beside what is printed of it. */
export interface RegionRead {
  readonly node: FdtNode
  readonly facts: RegionNode
  readonly reg: readonly BigRange[]
}

export interface ReservedRead {
  readonly facts: ReservedMemory
  readonly regions: readonly RegionRead[]
}

interface Cells {
  readonly address: number
  readonly size: number
}

/** Users of a region in node order, by the region's node. */
export type RegionUsers = ReadonlyMap<FdtNode, readonly string[]>

export function readReserved(tree: DeviceTree, arch: DebianArch, users: RegionUsers): ReservedRead | undefined {
  const node = tree.root.children.find((child) => child.name === 'reserved-memory')
  if (node === undefined) return undefined
  const root = rootCells(tree)
  const [addressCells, sizeCells] = [node.u32('#address-cells'), node.u32('#size-cells')]
  const ranges = node.bytes('ranges')
  // Models: Linux v6.12 drivers/of/of_reserved_mem.c: __reserved_mem_check_root
  const usable = addressCells === root.address && sizeCells === root.size && ranges !== undefined
  const cells: Cells = { address: addressCells ?? root.address, size: sizeCells ?? root.size }
  const regions = node.children.map((child) => readRegion(child, { tree, cells, root, usable, arch, users }))
  return {
    regions,
    facts: {
      address_cells: addressCells ?? null,
      size_cells: sizeCells ?? null,
      ranges: ranges === undefined ? 'missing' : ranges.length === 0 ? 'empty' : 'nonempty',
      linux_usable: usable,
      regions: regions.map((region) => region.facts),
    },
  }
}

interface Context {
  readonly tree: DeviceTree
  /** Of /reserved-memory itself: how its children are read. */
  readonly cells: Cells
  /** Of the root: what Linux expects the lengths to be. */
  readonly root: Cells
  readonly usable: boolean
  readonly arch: DebianArch
  readonly users: RegionUsers
}

function readRegion(node: FdtNode, context: Context): RegionRead {
  const { cells, root, usable, arch, users } = context
  const regCells = node.cells('reg')
  const { regions: reg, leftover } = readRegions(regCells ?? [], cells.address, cells.size)
  const [size, alignment, allocRanges] = [node.cells('size'), node.cells('alignment'), node.cells('alloc-ranges')]
  const alloc = readRegions(allocRanges ?? [], cells.address, cells.size)
  const placement = regCells !== undefined ? 'static' : size !== undefined ? 'dynamic' : null
  const flags = {
    no_map: node.has('no-map'),
    reusable: node.has('reusable'),
    linux_cma_default: node.has('linux,cma-default'),
    linux_dma_default: node.has('linux,dma-default'),
  }
  const [sizeLength, alignmentLength] = [node.bytes('size')?.length, node.bytes('alignment')?.length]
  const facts: RegionNode = {
    path: node.path,
    name: node.name,
    phandle: phandleOf(node) ?? null,
    enabled: node.enabled,
    compatible: node.compatible,
    reg: regCells === undefined ? null : reg.map(toHexRange),
    ...(leftover > 0 && { reg_leftover_cells: leftover }),
    size: size === undefined ? null : toHex(wholeNumber(size)),
    ...(sizeLength !== undefined && sizeLength !== root.size * 4 && { size_bad_length: sizeLength }),
    alignment: alignment === undefined ? null : toHex(wholeNumber(alignment)),
    ...(alignmentLength !== undefined &&
      alignmentLength !== root.address * 4 && { alignment_bad_length: alignmentLength }),
    alloc_ranges: allocRanges === undefined ? null : alloc.regions.map(toHexRange),
    ...(node.has('iommu-addresses') && {
      iommu_addresses: iommuAddresses(context.tree, node).map(({ device, base, size: length }) => ({
        device: device?.path ?? null,
        base: toHex(base),
        size: toHex(length),
      })),
    }),
    ...flags,
    kind: placement === null ? 'incomplete' : kindOf(node.compatible, flags, arch),
    placement,
    linux_result: resultOf(node, placement, reg, context),
    users: users.get(node) ?? [],
  }
  return { node, facts: usable ? facts : { ...facts, linux_result: 'ignored-unusable-node' }, reg }
}

interface Flags {
  readonly no_map: boolean
  readonly reusable: boolean
  readonly linux_cma_default: boolean
  readonly linux_dma_default: boolean
}

/**
 * What Linux makes of a region that it could reserve.
 * Models: Linux v6.12 kernel/dma/contiguous.c: rmem_cma_setup; kernel/dma/coherent.c: rmem_dma_setup;
 * kernel/dma/swiotlb.c: rmem_swiotlb_setup
 */
function kindOf(compatible: readonly string[], flags: Flags, arch: DebianArch): RegionKind {
  if (compatible.includes('shared-dma-pool')) {
    if (flags.reusable) return flags.no_map ? 'contradictory' : 'cma'
    return TREE_RULES[arch].poolsNeedNoMap && !flags.no_map ? 'coherent-pool-refused-on-arm32' : 'coherent-pool'
  }
  if (compatible.includes('restricted-dma-pool')) {
    const refused = flags.no_map || flags.reusable || flags.linux_cma_default || flags.linux_dma_default
    return refused ? 'contradictory' : 'swiotlb-pool'
  }
  return compatible.length > 0 ? 'vendor' : 'carveout'
}

/** Models: Linux v6.12 drivers/of/of_reserved_mem.c: fdt_scan_reserved_mem, __reserved_mem_reserve_reg, __reserved_mem_alloc_size */
function resultOf(
  node: FdtNode,
  placement: RegionNode['placement'],
  reg: readonly BigRange[],
  { root }: Context,
): RegionResult {
  const length = (name: string): number => node.bytes(name)?.length ?? 0
  const entry = (root.address + root.size) * 4
  if (!node.enabled) return 'skipped-disabled'
  if (placement === null) return 'skipped-no-reg-no-size'
  if (placement === 'static') {
    if (entry === 0 || length('reg') % entry !== 0) return 'rejected-reg-length'
    return reg.some((region) => region.size !== 0n) ? 'static' : 'nothing-zero-size'
  }
  if (length('size') !== root.size * 4) return 'rejected-size-length'
  if (node.has('alignment') && length('alignment') !== root.address * 4) return 'rejected-alignment-length'
  if (node.has('alloc-ranges') && (entry === 0 || length('alloc-ranges') % entry !== 0))
    return 'rejected-alloc-ranges-length'
  return wholeNumber(node.cells('size') ?? []) === 0n ? 'nothing-zero-size' : 'dynamic'
}

/** More pairs than any board has; a damaged blob may have as many as the square of its regions. */
const MOST_OVERLAPS = 4096

/** Pairs of enabled static regions and memory reservations that intersect, by address. */
export function findOverlaps(tree: DeviceTree, reserved: ReservedRead | undefined): Overlap[] {
  const taken: (BigRange & { readonly name: string })[] = []
  for (const { node, reg } of reserved?.regions ?? [])
    if (node.enabled) for (const region of reg) taken.push({ ...region, name: node.path })
  for (const { address, size } of tree.fdt.reservations) taken.push({ name: '/memreserve/', base: address, size })
  taken.sort((a, b) => order(a.base, b.base) || order(a.size, b.size) || order(a.name, b.name))
  const overlaps: Overlap[] = []
  for (const [index, a] of taken.entries()) {
    const endOfA = a.base + a.size
    for (let at = index + 1; at < taken.length; at++) {
      const b = taken[at]
      if (b === undefined || b.base >= endOfA) break
      const end = endOfA < b.base + b.size ? endOfA : b.base + b.size
      if (end <= b.base) continue
      overlaps.push({ a: a.name, b: b.name, ...toHexRange({ base: b.base, size: end - b.base }) })
      if (overlaps.length === MOST_OVERLAPS) return overlaps
    }
  }
  return overlaps
}

/** Enabled static regions that no single memory region contains; none where the board states no memory. */
export function outsideMemory(memory: readonly MemoryRead[], reserved: ReservedRead | undefined): RegionRead[] {
  const banks = memory.filter(({ node }) => node.enabled).flatMap(({ regions }) => regions)
  if (banks.length === 0) return []
  const inside = (region: BigRange): boolean =>
    region.size === 0n ||
    banks.some((bank) => region.base >= bank.base && region.base + region.size <= bank.base + bank.size)
  return (reserved?.regions ?? []).filter(({ node, reg }) => node.enabled && !reg.every(inside))
}

const order = <T extends bigint | string>(a: T, b: T): number => (a < b ? -1 : Number(a > b))
