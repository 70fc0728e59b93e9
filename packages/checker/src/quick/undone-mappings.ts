// What one device had mapped, by address, the most recent last: kept as numbers, because each unmap adds one and hardly anything asks.
import type { Mapping } from '../dma-debug/entry.ts'
import { Chains } from './chains.ts'

/** What is remembered of a mapping that is gone: as much as a message names. */
export type GoneMapping = Pick<Mapping, 'kind' | 'dmaAddr' | 'size' | 'dir' | 'at' | 'pool' | 'list'>

export interface Undone {
  readonly mapping: GoneMapping
  /** Step or line of the unmap. */
  readonly at: number
}

/**
 * Remembered per device, at least: older ones are forgotten, which only makes a message less precise. So many go at once, as kernel
 * logs are long and one at a time is slow.
 */
const REMEMBERED = 32_768
/** Few: a log may name any number of devices. */
const FEWEST_SLOTS = 4

export class UndoneMappings {
  private slots = FEWEST_SLOTS
  private dmaAddrs = new Float64Array(FEWEST_SLOTS)
  private sizes = new Float64Array(FEWEST_SLOTS)
  private madeAts = new Float64Array(FEWEST_SLOTS)
  private undoneAts = new Float64Array(FEWEST_SLOTS)
  private dirs = new Int32Array(FEWEST_SLOTS)
  /** The list of all, oldest first: neighbours of each slot, -1 at the ends. */
  private older = new Int32Array(FEWEST_SLOTS)
  private newer = new Int32Array(FEWEST_SLOTS)
  private chains = new Chains(FEWEST_SLOTS, FEWEST_SLOTS)
  /** Of what is more than a mapping of one range. */
  private readonly others = new Map<number, GoneMapping>()
  private oldest = -1
  private newest = -1
  private count = 0
  /** Slots that were given back, and the first one that never was taken. */
  private readonly free: number[] = []
  private fresh = 0

  /** `other`: what was undone, where it is not a streaming mapping of one range. */
  add(dmaAddr: number, size: number, dir: number, madeAt: number, undoneAt: number, other?: GoneMapping): void {
    // The same buffer again, as a rule.
    let slot = this.newest >= 0 && this.dmaAddrs[this.newest] === dmaAddr ? this.newest : this.slotOf(dmaAddr)
    if (slot < 0) {
      slot = this.take()
      this.dmaAddrs[slot] = dmaAddr
      this.chains.add(this.chains.chainOf(dmaAddr, 0), slot)
      this.append(slot)
      this.count += 1
    } else if (slot !== this.newest) {
      this.unlink(slot)
      this.append(slot)
    }
    this.sizes[slot] = size
    this.dirs[slot] = dir
    this.madeAts[slot] = madeAt
    this.undoneAts[slot] = undoneAt
    if (other !== undefined) this.others.set(slot, other)
    else if (this.others.size > 0) this.others.delete(slot)
    if (this.count === 2 * REMEMBERED) while (this.count > REMEMBERED) this.drop(this.oldest)
  }

  at(dmaAddr: number): Undone | undefined {
    const slot = this.slotOf(dmaAddr)
    return slot < 0 ? undefined : this.undone(slot)
  }

  /** The one most recently undone whose range held an address. */
  around(dmaAddr: number): Undone | undefined {
    for (let slot = this.newest; slot >= 0; slot = this.older[slot]!) {
      const start = this.dmaAddrs[slot]!
      if (start <= dmaAddr && dmaAddr < start + this.sizes[slot]!) return this.undone(slot)
    }
    return undefined
  }

  private undone(slot: number): Undone {
    const plain = { kind: 'streaming', pool: undefined, list: undefined } as const
    const [dmaAddr, size, dir, at] = [this.dmaAddrs[slot]!, this.sizes[slot]!, this.dirs[slot]!, this.madeAts[slot]!]
    return { mapping: this.others.get(slot) ?? { ...plain, dmaAddr, size, dir, at }, at: this.undoneAts[slot]! }
  }

  private slotOf(dmaAddr: number): number {
    for (let slot = this.chains.first(this.chains.chainOf(dmaAddr, 0)); slot >= 0; slot = this.chains.after(slot))
      if (this.dmaAddrs[slot] === dmaAddr) return slot
    return -1
  }

  private append(slot: number): void {
    this.older[slot] = this.newest
    this.newer[slot] = -1
    if (this.newest < 0) this.oldest = slot
    else this.newer[this.newest] = slot
    this.newest = slot
  }

  private unlink(slot: number): void {
    const [older, newer] = [this.older[slot]!, this.newer[slot]!]
    if (older < 0) this.oldest = newer
    else this.newer[older] = newer
    if (newer < 0) this.newest = older
    else this.older[newer] = older
  }

  private drop(slot: number): void {
    this.unlink(slot)
    this.chains.remove(this.chains.chainOf(this.dmaAddrs[slot]!, 0), slot)
    this.others.delete(slot)
    this.free.push(slot)
    this.count -= 1
  }

  private take(): number {
    const free = this.free.pop()
    if (free !== undefined) return free
    if (this.fresh === this.slots) this.grow()
    return this.fresh++
  }

  private grow(): void {
    this.slots *= 2
    this.dmaAddrs = longer(this.dmaAddrs)
    this.sizes = longer(this.sizes)
    this.madeAts = longer(this.madeAts)
    this.undoneAts = longer(this.undoneAts)
    this.dirs = longer(this.dirs)
    this.older = longer(this.older)
    this.newer = longer(this.newer)
    this.chains = new Chains(this.slots, this.slots)
    for (let slot = this.oldest; slot >= 0; slot = this.newer[slot]!)
      this.chains.add(this.chains.chainOf(this.dmaAddrs[slot]!, 0), slot)
  }
}

/** The same elements, and as many more. */
export const longer = <T extends Float64Array | Int32Array>(array: T): T => {
  const twice = new (array.constructor as new (length: number) => T)(2 * array.length)
  twice.set(array)
  return twice
}
