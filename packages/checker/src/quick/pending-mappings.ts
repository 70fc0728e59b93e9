// Mappings of one range that the ledger has not been told of: as numbers, in the order in which they were made.
import { DIR } from '@dmalab/api'
import { Chains } from './chains.ts'
import { LARGEST, MemoryIndex } from './memory-index.ts'
import { longer } from './undone-mappings.ts'

const FEWEST_SLOTS = 64
const MOST_SLOTS = 2 ** 18

/** The mapping that was made last: most are undone before another is made, so that it need not go into the tables at all. */
interface Newest {
  /** -1: there is none. */
  device: number
  dmaAddr: number
  size: number
  dir: number
  attrs: number
  physAddr: number
  at: number
  order: number
}

export class PendingMappings {
  /** Counted, and in no table yet. */
  readonly newest: Newest = {
    device: -1,
    dmaAddr: 0,
    size: 0,
    dir: 0,
    attrs: 0,
    physAddr: 0,
    at: 0,
    order: 0,
  }
  private slots = FEWEST_SLOTS
  private taken = 0
  private devices = new Int32Array(FEWEST_SLOTS)
  dmaAddrs = new Float64Array(FEWEST_SLOTS)
  sizes = new Float64Array(FEWEST_SLOTS)
  dirs = new Int32Array(FEWEST_SLOTS)
  attrs = new Float64Array(FEWEST_SLOTS)
  physAddrs = new Float64Array(FEWEST_SLOTS)
  ats = new Float64Array(FEWEST_SLOTS)
  /** Number of the mapping in the order of all mappings. */
  orders = new Float64Array(FEWEST_SLOTS)
  /** 0, or what the last sync said: 1 the CPU has the bytes, 2 the device has them. */
  syncs = new Int32Array(FEWEST_SLOTS)
  /** 1: the driver asked dma_mapping_error() about it. */
  asked = new Int32Array(FEWEST_SLOTS)
  /** Number of the list that it is an entry of, plus one; 0: none. */
  lists = new Int32Array(FEWEST_SLOTS)
  /** Neighbours in the order in which they were made, -1 at the ends; `later` also links the free slots. */
  private earlier = new Int32Array(FEWEST_SLOTS)
  private later = new Int32Array(FEWEST_SLOTS)
  private byBus = new Chains(FEWEST_SLOTS, FEWEST_SLOTS)
  /** Those that a device may write. */
  private byMemory = new MemoryIndex(FEWEST_SLOTS)
  private first = -1
  private last = -1
  private free = -1
  count = 0

  hasRoomFor(entries: number): boolean {
    return this.count + entries <= MOST_SLOTS
  }

  /** Is a range small enough to be added, and its place a number whose neighbours are? */
  static fits(physAddr: number, size: number): boolean {
    return size > 0 && size <= LARGEST && physAddr < 2 ** 53
  }

  /** As add(), for one that is likely to be undone next. */
  hold(
    device: number,
    dmaAddr: number,
    size: number,
    dir: number,
    attrs: number,
    physAddr: number,
    at: number,
    order: number,
  ): void {
    const { newest } = this
    if (newest.device >= 0) this.settle()
    newest.device = device
    newest.dmaAddr = dmaAddr
    newest.size = size
    newest.dir = dir
    newest.attrs = attrs
    newest.physAddr = physAddr
    newest.at = at
    newest.order = order
    this.count += 1
  }

  dropNewest(): void {
    this.newest.device = -1
    this.count -= 1
  }

  /** Whoever asks for slots finds the newest one there, too. */
  private settle(): void {
    const { device, dmaAddr, size, dir, attrs, physAddr, at, order } = this.newest
    if (device < 0) return
    this.dropNewest()
    this.add(device, dmaAddr, size, dir, attrs, physAddr, at, order)
  }

  add(
    device: number,
    dmaAddr: number,
    size: number,
    dir: number,
    attrs: number,
    physAddr: number,
    at: number,
    order: number,
  ): number {
    this.settle()
    const slot = this.take()
    this.devices[slot] = device
    this.dmaAddrs[slot] = dmaAddr
    this.sizes[slot] = size
    this.dirs[slot] = dir
    this.attrs[slot] = attrs
    this.physAddrs[slot] = physAddr
    this.ats[slot] = at
    this.orders[slot] = order
    this.syncs[slot] = 0
    this.asked[slot] = 0
    this.lists[slot] = 0
    this.earlier[slot] = this.last
    this.later[slot] = -1
    if (this.last < 0) this.first = slot
    else this.later[this.last] = slot
    this.last = slot
    this.count += 1
    this.byBus.add(this.byBus.chainOf(dmaAddr, device), slot)
    if (dir !== DIR.TO_DEVICE) this.byMemory.add(slot, physAddr, size)
    return slot
  }

  /** The one that begins at an address of a device; -1: there is none. */
  find(device: number, dmaAddr: number): number {
    if (this.count === 0) return -1
    this.settle()
    const { byBus } = this
    for (let slot = byBus.first(byBus.chainOf(dmaAddr, device)); slot >= 0; slot = byBus.after(slot))
      if (this.dmaAddrs[slot] === dmaAddr && this.devices[slot] === device) return slot
    return -1
  }

  /** Does one that a device may write reach into the cache lines of [physAddr, physAddr + size)? No line crosses a chunk. */
  meets(physAddr: number, size: number, lineSize: number): boolean {
    if (this.count === 0) return false
    this.settle()
    return this.byMemory.meets(physAddr, size, lineSize, this.physAddrs, this.sizes)
  }

  remove(slot: number): void {
    this.byBus.remove(this.byBus.chainOf(this.dmaAddrs[slot]!, this.devices[slot]!), slot)
    if (this.dirs[slot] !== DIR.TO_DEVICE) this.byMemory.remove(slot, this.physAddrs[slot]!, this.sizes[slot]!)
    const [earlier, later] = [this.earlier[slot]!, this.later[slot]!]
    if (earlier < 0) this.first = later
    else this.later[earlier] = later
    if (later < 0) this.last = earlier
    else this.earlier[later] = earlier
    this.later[slot] = this.free
    this.free = slot
    this.count -= 1
  }

  /** The one that was made first; -1: there is none. */
  get oldest(): number {
    this.settle()
    return this.first
  }

  deviceOf(slot: number): number {
    return this.devices[slot]!
  }

  private take(): number {
    const { free } = this
    if (free >= 0) {
      this.free = this.later[free]!
      return free
    }
    if (this.taken === this.slots) this.grow()
    return this.taken++
  }

  private grow(): void {
    this.slots *= 2
    this.devices = longer(this.devices)
    this.dmaAddrs = longer(this.dmaAddrs)
    this.sizes = longer(this.sizes)
    this.dirs = longer(this.dirs)
    this.attrs = longer(this.attrs)
    this.physAddrs = longer(this.physAddrs)
    this.ats = longer(this.ats)
    this.orders = longer(this.orders)
    this.syncs = longer(this.syncs)
    this.asked = longer(this.asked)
    this.lists = longer(this.lists)
    this.earlier = longer(this.earlier)
    this.later = longer(this.later)
    this.byBus = new Chains(this.slots, this.slots)
    this.byMemory = new MemoryIndex(this.slots)
    for (let slot = this.first; slot >= 0; slot = this.later[slot]!) {
      this.byBus.add(this.byBus.chainOf(this.dmaAddrs[slot]!, this.devices[slot]!), slot)
      if (this.dirs[slot] !== DIR.TO_DEVICE) this.byMemory.add(slot, this.physAddrs[slot]!, this.sizes[slot]!)
    }
  }
}
