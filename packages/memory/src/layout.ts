// Where this kernel puts this machine: the board's statement, else the architecture's usual place.
import {
  defaultLowmemEnd,
  hex,
  InputError,
  type KernelFacts,
  type Machine,
  type PageArray,
  type Range,
  type StatedBank,
} from '@dmalab/api'

export interface Layout {
  readonly pageOffset: bigint
  /** Physical address that pageOffset maps. */
  readonly physOffset: number
  /** Physical end of the linear map, exclusive. */
  readonly lowmemEnd: number
  readonly vmalloc: { readonly start: bigint; readonly end: bigint }
  readonly pageArray: PageArray
  /** Bits of a kernel virtual address; arithmetic wraps there. */
  readonly vaddrBits: 32 | 64
  /** RAM as the kernel keeps it: no-map regions removed, or kept. */
  readonly managed: readonly Range[]
  /** RAM that the kernel may map: without no-map regions, also where they are kept (memblock_is_map_memory). */
  readonly mappable: readonly Range[]
  /** Ranges with a kernel linear mapping. */
  readonly linear: readonly Range[]
  /** Ranges whose struct page entries exist. */
  readonly paged: readonly Range[]
  /** Every range that answers on the bus: banks and reserved regions. */
  readonly present: readonly Range[]
}

/** @throws InputError for a machine without memory. */
export const layOut = (machine: Machine, facts: KernelFacts): Layout => {
  const usual = facts.arch.layout
  const all = machine.memory.toSorted((a, b) => a.base - b.base)
  const told = facts.memBanks === null ? cutTo(all, facts.memLimit ?? Infinity) : stated(all, facts.memBanks, machine)
  const lowmem = machine.layout.lowmemEnd ?? (facts.arch.highmem ? defaultLowmemEnd(all, machine.layout) : Infinity)
  const reach = Math.min(2 ** (8 * facts.physAddrSize), facts.highmem ? Infinity : lowmem)
  const banks = subtract(told, [{ base: Math.min(reach, facts.memTop ?? Infinity), len: Infinity }])
  const unused = subtract(all, banks)
  const first = banks[0]
  if (first === undefined) throw new InputError(`machine ${machine.name} has no memory`, { path: 'memory' })
  const noMap = machine.reserved.filter((region) => region.noMap)
  const managed = facts.noMap === 'removed' ? subtract(banks, noMap) : banks
  const topOfRam = Math.max(...banks.map(endOf))
  const lowmemEnd = Math.min(lowmem, topOfRam)
  const linear =
    machine.layout.linear === undefined
      ? subtract(managed, [...noMap, { base: lowmemEnd, len: Infinity }])
      : subtract(machine.layout.linear, unused)
  const array = machine.layout.pageArray
  const insideBanks = noMap.filter((r) => subtract([r], banks).length === 0)
  const covers = array?.covers === undefined ? subtract(banks, noMap) : subtract(array.covers, unused)
  const paged = [...covers, ...(facts.noMap === 'kept' ? insideBanks : [])]
  return {
    pageOffset: machine.layout.pageOffset ?? usual.pageOffset,
    physOffset: Math.min(first.base, ...(machine.layout.linear ?? []).map((range) => range.base)),
    lowmemEnd,
    vmalloc: machine.layout.vmalloc ?? usual.vmalloc,
    pageArray: array ?? { base: usual.pageArray, entrySize: usual.entrySize, holes: 'unmapped' },
    vaddrBits: facts.arch.pointerBits,
    managed,
    mappable: subtract(managed, noMap),
    linear,
    paged,
    present: [...all, ...machine.reserved],
  }
}

/**
 * Banks as `mem=nn@ss` states them, where the board has memory; one without a start begins where memory does.
 * @throws InputError where there is none: the kernel would take it for RAM all the same, and die of it
 */
const stated = (banks: readonly Range[], words: readonly StatedBank[], { name }: Machine): readonly Range[] => {
  const start = banks[0]?.base ?? 0
  const wanted = words.map(({ base = start, len }) => ({ base, len })).toSorted((a, b) => a.base - b.base)
  const [missing] = subtract(wanted, banks)
  if (missing !== undefined)
    throw new InputError(
      `mem= states memory that board ${name} does not have: ${hex(missing.base)}-${hex(endOf(missing) - 1)}`,
      { path: 'cmdline' },
      `it has ${banks.map((bank) => `${hex(bank.base)}-${hex(endOf(bank) - 1)}`).join(', ')}`,
    )
  // Two words may state the same page twice.
  return wanted.flatMap((bank, i) => subtract([bank], wanted.slice(0, i)))
}

/** The lowest `limit` bytes of the banks (`mem=`). */
const cutTo = (banks: readonly Range[], limit: number): readonly Range[] => {
  let left = limit
  return banks.flatMap(({ base, len }) => {
    const kept = Math.min(len, left)
    left -= kept
    return kept > 0 ? [{ base, len: kept }] : []
  })
}

const endOf = (r: Range): number => r.base + r.len

/** The parts of `from` that lie in none of `holes`, in order. */
const subtract = (from: readonly Range[], holes: readonly Range[]): Range[] => {
  let parts = [...from]
  for (const hole of holes)
    parts = parts.flatMap((part) => {
      const end = endOf(part)
      const holeEnd = endOf(hole)
      if (holeEnd <= part.base || hole.base >= end) return [part]
      const below = { base: part.base, len: hole.base - part.base }
      const above = { base: holeEnd, len: end - holeEnd }
      return [below, above].filter((r) => r.len > 0)
    })
  return parts
}

/**
 * Pages that batch loops may maintain without a second look: they have a struct page, and low memory is in the linear map. All
 * others go the per-entry way, which finds out what happens there.
 */
export const maintainable = ({ paged, linear, lowmemEnd }: Layout): Range[] =>
  [...linear, { base: lowmemEnd, len: Infinity }].flatMap((reach) =>
    paged
      .map((range) => {
        const base = Math.max(range.base, reach.base)
        return { base, len: Math.min(range.base + range.len, reach.base + reach.len) - base }
      })
      .filter(({ len }) => len > 0),
  )
