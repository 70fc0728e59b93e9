// Live mappings twice over: dma-debug's entries (what the kernel would say) and the driver's mappings (what really is in use).
// They part where the kernel drops an entry although memory stays allocated, or keeps one that no driver can undo any more.
import type { DebugEntry, Mapping } from './entry.ts'
import { AddressCounts } from '../quick/address-counts.ts'
import { type Undone, UndoneMappings } from '../quick/undone-mappings.ts'
import { type DeviceEntries, EntryTable } from './table.ts'

/** The live mappings that begin at one address, and the number of the one that came there first. */
interface Held {
  readonly order: number
  readonly mappings: Mapping[]
}

/** The live mappings of a device, and dma-debug's entries of it. */
export class DeviceMappings {
  private readonly live: LiveMappings
  private readonly entries: DeviceEntries

  constructor(live: LiveMappings, entries: DeviceEntries) {
    this.live = live
    this.entries = entries
  }

  /** Does one begin at this address? */
  beginsAt(dmaAddr: number): boolean {
    const { counts, addresses } = this.live
    return (counts.mayHave(dmaAddr) && addresses.has(dmaAddr)) || this.entries.beginsAt(dmaAddr)
  }
}

interface LiveMappings {
  /** By first device address; several mappings of one page may be live at once. */
  addresses: Map<number, Held>
  readonly counts: AddressCounts
  /** The highest number seen; one that comes later and is lower makes the order of `addresses` another than that of the numbers. */
  newest: number
  inOrder: boolean
}

export class Tracker {
  readonly table = new EntryTable()
  readonly #live = new Map<string, LiveMappings>()
  /** sg lists by device, then first physical address: their unmap names nothing else. */
  readonly #lists = new Map<string, Map<number, Mapping[]>>()
  readonly #undone = new Map<string, UndoneMappings>()
  /** Allocations whose memory was handed out again without a traced free: they came from a pool. */
  untracedFrees = 0
  liveCount = 0
  #order = 0

  /** The next mapping's number in the order of all. */
  nextOrder(): number {
    this.#order += 1
    return this.#order
  }

  /** A mapping that has no number yet gets the next one. */
  open(mapping: Mapping, entries: readonly DebugEntry[]): void {
    if (mapping.order === 0) mapping.order = this.nextOrder()
    this.#hold(mapping)
    const firstPage = mapping.list?.physAddrs[0]
    if (firstPage !== undefined) push(this.#lists, mapping.device, firstPage, mapping)
    for (const entry of entries) this.table.add(entry)
    this.liveCount += 1
  }

  #hold(mapping: Mapping): void {
    const { dmaAddr, order } = mapping
    const live = this.#liveOf(mapping.device)
    live.counts.add(dmaAddr, 1)
    const held = live.addresses.get(dmaAddr)
    if (held !== undefined) {
      held.mappings.push(mapping)
      return
    }
    live.addresses.set(dmaAddr, { order, mappings: [mapping] })
    if (order > live.newest) live.newest = order
    else live.inOrder = false
  }

  #liveOf(device: string): LiveMappings {
    let live = this.#live.get(device)
    if (live === undefined)
      this.#live.set(device, (live = { addresses: new Map(), counts: new AddressCounts(), newest: 0, inOrder: true }))
    return live
  }

  /** What there is of a device that maps something now. */
  mappingsOf(device: string): DeviceMappings {
    return new DeviceMappings(this.#liveOf(device), this.table.entriesOf(device))
  }

  /** Does a live list begin at this page? */
  listBeginsAt(device: string, page: number | undefined): boolean {
    return this.#lists.size > 0 && page !== undefined && this.#lists.get(device)?.has(page) === true
  }

  /** The driver undid it. */
  close(mapping: Mapping, at: number): void {
    if (!mapping.live) return
    this.#forget(mapping)
    const { dmaAddr, size, dir, kind } = mapping
    this.undoneOf(mapping.device).add(dmaAddr, size, dir, mapping.at, at, kind === 'streaming' ? undefined : mapping)
  }

  undoneOf(device: string): UndoneMappings {
    let undone = this.#undone.get(device)
    if (undone === undefined) this.#undone.set(device, (undone = new UndoneMappings()))
    return undone
  }

  /** An allocation at an address that is live: the one before went back to its pool unseen. */
  dropCoherentAt(device: string, dmaAddr: number): void {
    for (const mapping of this.at(device, dmaAddr)) {
      if (mapping.kind !== 'coherent' || mapping.orphan) continue
      this.#forget(mapping)
      this.untracedFrees += 1
      for (const entry of this.table.ofDevice(device)) if (entry.mapping === mapping) this.table.remove(entry)
    }
  }

  #forget(mapping: Mapping): void {
    mapping.live = false
    this.liveCount -= 1
    this.#release(mapping)
    const firstPage = mapping.list?.physAddrs[0]
    if (firstPage !== undefined) drop(this.#lists, mapping.device, firstPage, mapping)
  }

  #release(mapping: Mapping): void {
    const live = this.#live.get(mapping.device)
    const held = live?.addresses.get(mapping.dmaAddr)
    const position = held?.mappings.indexOf(mapping) ?? -1
    if (live === undefined || held === undefined || position < 0) return
    live.counts.add(mapping.dmaAddr, -1)
    held.mappings.splice(position, 1)
    if (held.mappings.length === 0) live.addresses.delete(mapping.dmaAddr)
  }

  /** Live mappings that begin at an address, oldest first. */
  at(device: string, dmaAddr: number): readonly Mapping[] {
    return [...(this.#live.get(device)?.addresses.get(dmaAddr)?.mappings ?? [])]
  }

  undoneAt(device: string, dmaAddr: number): Undone | undefined {
    return this.#undone.get(device)?.at(dmaAddr)
  }

  /** The mapping most recently undone whose range held an address. */
  undoneAround(device: string, dmaAddr: number): Undone | undefined {
    return this.#undone.get(device)?.around(dmaAddr)
  }

  /** The live list that an unmap of these pages means: the same pages first, then the same first page; newest first. */
  listOf(device: string, physAddrs: readonly number[], dir: number): Mapping | undefined {
    const first = physAddrs[0]
    const candidates = first === undefined ? [] : (this.#lists.get(device)?.get(first) ?? [])
    const samePages = candidates.filter(
      ({ list }) =>
        list !== undefined &&
        list.nents === physAddrs.length &&
        list.physAddrs.every((page, index) => page === physAddrs[index]),
    )
    return samePages.findLast((mapping) => mapping.dir === dir) ?? samePages.at(-1) ?? candidates.at(-1)
  }

  *live(device?: string): Generator<Mapping> {
    const one = device === undefined ? undefined : this.#live.get(device)
    for (const live of device === undefined ? this.#live.values() : one === undefined ? [] : [one]) {
      if (!live.inOrder) {
        live.addresses = new Map([...live.addresses].toSorted(([, a], [, b]) => a.order - b.order))
        live.inOrder = true
      }
      for (const { mappings } of live.addresses.values()) yield* mappings
    }
  }

  devices(): readonly string[] {
    return [...this.#live.keys()]
  }
}

const push = (index: Map<string, Map<number, Mapping[]>>, device: string, address: number, mapping: Mapping): void => {
  let addresses = index.get(device)
  if (addresses === undefined) index.set(device, (addresses = new Map()))
  const mappings = addresses.get(address)
  if (mappings === undefined) addresses.set(address, [mapping])
  else mappings.push(mapping)
}

const drop = (index: Map<string, Map<number, Mapping[]>>, device: string, address: number, mapping: Mapping): void => {
  const addresses = index.get(device)
  const mappings = addresses?.get(address)
  if (addresses === undefined || mappings === undefined) return
  const position = mappings.indexOf(mapping)
  if (position >= 0) mappings.splice(position, 1)
  if (mappings.length === 0) addresses.delete(address)
}
