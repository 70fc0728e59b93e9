// Which slots have a number: chains in typed arrays, so that an entry allocates nothing and a look-up reads two words.

/** A slot is in at most one chain of a table. */
export class Chains {
  /** First slot of each chain, plus one. */
  private readonly heads: Int32Array
  /** Slot after each slot, plus one. */
  private readonly nexts: Int32Array
  private readonly shift: number

  /** @param chains a power of two */
  constructor(chains: number, slots: number) {
    this.heads = new Int32Array(chains)
    this.nexts = new Int32Array(slots)
    this.shift = 32 - Math.log2(chains)
  }

  /** The chain of a number. `whose` tells apart what has the same number. */
  chainOf(number: number, whose: number): number {
    // Addresses of one granule are told apart by whoever walks the chain; what exceeds 32 bits of granules wraps.
    return Math.imul(((number / GRANULE) | 0) + Math.imul(whose, ODD), GOLDEN) >>> this.shift
  }

  /** -1: the chain is empty. */
  first(chain: number): number {
    return this.heads[chain]! - 1
  }

  /** -1: it is the last one. */
  after(slot: number): number {
    return this.nexts[slot]! - 1
  }

  add(chain: number, slot: number): void {
    this.nexts[slot] = this.heads[chain]!
    this.heads[chain] = slot + 1
  }

  remove(chain: number, slot: number): void {
    const next = this.nexts[slot]!
    let at = this.heads[chain]!
    if (at === slot + 1) {
      this.heads[chain] = next
      return
    }
    while (at !== 0) {
      const behind = this.nexts[at - 1]!
      if (behind === slot + 1) {
        this.nexts[at - 1] = next
        return
      }
      at = behind
    }
  }
}

/** Bytes; drivers hand out buffers of half a page. */
const GRANULE = 64
const GOLDEN = 0x9e37_79b1
const ODD = 0x85eb_ca6b
