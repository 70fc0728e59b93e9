// Pending mappings that a device may write, by the physical memory that they lie in.
import { Chains } from './chains.ts'

/** Bytes of memory per chain, and the chains that one mapping may be in: most are small, and the larger ones are few. */
const CHUNK = 2 ** 14
const LARGE_CHUNK = 2 ** 20
const CHUNKS = 5
const SMALL = CHUNK * (CHUNKS - 1)
/** Chains tell granules of 64 bytes apart, so the number of a chunk is spread over them. */
const SPREAD = 64

/** Bytes of the largest mapping. */
export const LARGEST: number = LARGE_CHUNK * (CHUNKS - 1)

export class MemoryIndex {
  /** Slot CHUNKS * slot + n is the nth chunk of a mapping. */
  private readonly small: Chains
  private readonly large: Chains
  private largeOnes = 0

  constructor(slots: number) {
    this.small = new Chains(slots, CHUNKS * slots)
    this.large = new Chains(slots, CHUNKS * slots)
  }

  add(slot: number, physAddr: number, size: number): void {
    if (size > SMALL) {
      this.largeOnes += 1
      put(this.large, LARGE_CHUNK, slot, physAddr, size)
    } else put(this.small, CHUNK, slot, physAddr, size)
  }

  remove(slot: number, physAddr: number, size: number): void {
    if (size > SMALL) {
      this.largeOnes -= 1
      drop(this.large, LARGE_CHUNK, slot, physAddr, size)
    } else drop(this.small, CHUNK, slot, physAddr, size)
  }

  /** Does one reach into the cache lines of [physAddr, physAddr + size)? No line crosses a chunk. */
  meets(physAddr: number, size: number, lineSize: number, starts: Float64Array, sizes: Float64Array): boolean {
    return (
      meetsIn(this.small, CHUNK, physAddr, size, lineSize, starts, sizes) ||
      (this.largeOnes > 0 && meetsIn(this.large, LARGE_CHUNK, physAddr, size, lineSize, starts, sizes))
    )
  }
}

const put = (chains: Chains, chunk: number, slot: number, physAddr: number, size: number): void => {
  const from = Math.floor(physAddr / chunk)
  const to = Math.floor((physAddr + size - 1) / chunk)
  for (let n = from; n <= to; n++) chains.add(chains.chainOf(n * SPREAD, 0), CHUNKS * slot + n - from)
}

const drop = (chains: Chains, chunk: number, slot: number, physAddr: number, size: number): void => {
  const from = Math.floor(physAddr / chunk)
  const to = Math.floor((physAddr + size - 1) / chunk)
  for (let n = from; n <= to; n++) chains.remove(chains.chainOf(n * SPREAD, 0), CHUNKS * slot + n - from)
}

const meetsIn = (
  chains: Chains,
  chunk: number,
  physAddr: number,
  size: number,
  lineSize: number,
  starts: Float64Array,
  sizes: Float64Array,
): boolean => {
  const end = physAddr + size
  for (let n = Math.floor(physAddr / chunk); n * chunk < end; n++)
    for (let node = chains.first(chains.chainOf(n * SPREAD, 0)); node >= 0; node = chains.after(node)) {
      const slot = Math.floor(node / CHUNKS)
      const from = starts[slot]!
      const firstLine = Math.floor(from / lineSize) * lineSize
      if (firstLine < end && physAddr < Math.ceil((from + sizes[slot]!) / lineSize) * lineSize) return true
      if (Math.floor(from / lineSize) === Math.floor(physAddr / lineSize)) return true
    }
  return false
}
