// Physical memory while a board is imported: banks, what is taken, and where memblock would put the rest.
import { PAGE_SIZE, type Range } from '@dmalab/api'
import type { BigRange } from '../facts/hex.ts'

/** Linux maps no physical address beyond 52 bits. */
const HIGHEST = 2 ** 52

/**
 * Regions as whole pages inside them, sorted, neighbours and overlapping ones joined.
 * Models: Linux v6.12 drivers/of/fdt.c: early_init_dt_add_memory_arch
 */
export function toBanks(regions: readonly BigRange[]): Range[] {
  const pages = regions
    .map(({ base, size }) => ({
      base: roundUp(toNumber(base), PAGE_SIZE),
      end: roundDown(toNumber(base + size), PAGE_SIZE),
    }))
    .filter(({ base, end }) => end > base)
    .toSorted((a, b) => a.base - b.base)
  const banks: { base: number; end: number }[] = []
  for (const { base, end } of pages) {
    const last = banks.at(-1)
    if (last !== undefined && base <= last.end) last.end = Math.max(last.end, end)
    else banks.push({ base, end })
  }
  return banks.map(({ base, end }) => ({ base, len: end - base }))
}

/** A region as the whole pages it touches; undefined for one beyond what Linux maps, or an empty one. */
export function toPages({ base, size }: BigRange): Range | undefined {
  if (size === 0n || base + size > BigInt(HIGHEST)) return undefined
  const start = roundDown(Number(base), PAGE_SIZE)
  return { base: start, len: roundUp(Number(base + size), PAGE_SIZE) - start }
}

/** Free memory, from which regions without an address are placed. */
export class FreeMemory {
  #free: { base: number; end: number }[]

  constructor(banks: readonly Range[], taken: readonly Range[]) {
    this.#free = []
    const sorted = taken.toSorted((a, b) => a.base - b.base)
    let next = 0
    for (const bank of banks.toSorted((a, b) => a.base - b.base)) {
      const end = bank.base + bank.len
      let at = bank.base
      // One that reaches into the next bank is looked at again there.
      for (let index = next; index < sorted.length; index++) {
        const { base, len } = sorted[index]!
        if (base >= end) break
        if (base > at) this.#free.push({ base: at, end: base })
        at = Math.max(at, base + len)
        if (base + len <= end) next = Math.max(next, index)
      }
      if (at < end) this.#free.push({ base: at, end })
    }
  }

  take({ base, len }: Range): void {
    const end = base + len
    this.#free = this.#free.flatMap((free) =>
      [
        { base: free.base, end: Math.min(free.end, base) },
        { base: Math.max(free.base, end), end: free.end },
      ].filter((part) => part.end > part.base),
    )
  }

  /**
   * Highest place for `len` bytes that lies inside one of `windows` (anywhere when there are none), which is then taken.
   * Models: Linux v6.12 mm/memblock.c: memblock_phys_alloc_range (top down)
   */
  place(len: number, align: number, windows: readonly Range[] = []): number | undefined {
    const wanted = windows.length > 0 ? windows : [{ base: 0, len: HIGHEST }]
    for (const window of wanted) {
      for (const free of this.#free.toReversed()) {
        const base = roundDown(Math.min(free.end, window.base + window.len) - len, align)
        if (base < Math.max(free.base, window.base)) continue
        this.take({ base, len })
        return base
      }
    }
    return undefined
  }
}

export const roundDown = (at: number, to: number): number => Math.floor(at / to) * to
export const roundUp = (at: number, to: number): number => Math.ceil(at / to) * to
/** Exact where it matters: what is larger than Linux's physical space is cut to its end. */
export const toNumber = (value: bigint): number => (value > BigInt(HIGHEST) ? HIGHEST : Number(value))
