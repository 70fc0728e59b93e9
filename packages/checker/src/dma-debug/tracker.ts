// Live mappings twice over: dma-debug's entries (what the kernel would say) and the driver's mappings (what really is in use).
// They part where the kernel drops an entry although memory stays allocated, or keeps one that no driver can undo any more.
import type { DebugEntry, Mapping } from './entry.ts'
import { EntryTable } from './table.ts'

/**
 * Undone mappings remembered per device, at least: older ones are forgotten, which only makes a message less precise. So many go at
 * once, as a map from which the first key is taken again and again grows slow.
 */
const REMEMBERED = 32_768

export interface Undone {
  readonly mapping: Mapping
  /** Step or line of the unmap. */
  readonly at: number
}

export class Tracker {
  readonly table = new EntryTable()
  /** Device, then first device address; several mappings of one page may be live at once. */
  readonly #live = new Map<string, Map<number, Mapping[]>>()
  /** sg lists by device, then first physical address: their unmap names nothing else. */
  readonly #lists = new Map<string, Map<number, Mapping[]>>()
  /** Device, then device address, oldest first. */
  readonly #undone = new Map<string, Map<number, Undone>>()
  /** Allocations whose memory was handed out again without a traced free: they came from a pool. */
  untracedFrees = 0
  liveCount = 0

  open(mapping: Mapping, entries: readonly DebugEntry[]): void {
    push(this.#live, mapping.device, mapping.dmaAddr, mapping)
    const firstPage = mapping.list?.physAddrs[0]
    if (firstPage !== undefined) push(this.#lists, mapping.device, firstPage, mapping)
    for (const entry of entries) this.table.add(entry)
    this.liveCount += 1
  }

  /** The driver undid it. */
  close(mapping: Mapping, at: number): void {
    if (!mapping.live) return
    this.#forget(mapping)
    let undone = this.#undone.get(mapping.device)
    if (undone === undefined) this.#undone.set(mapping.device, (undone = new Map()))
    undone.delete(mapping.dmaAddr)
    undone.set(mapping.dmaAddr, { mapping, at })
    if (undone.size < 2 * REMEMBERED) return
    for (const oldest of undone.keys()) {
      undone.delete(oldest)
      if (undone.size === REMEMBERED) return
    }
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
    drop(this.#live, mapping.device, mapping.dmaAddr, mapping)
    const firstPage = mapping.list?.physAddrs[0]
    if (firstPage !== undefined) drop(this.#lists, mapping.device, firstPage, mapping)
  }

  /** Live mappings that begin at an address, oldest first. */
  at(device: string, dmaAddr: number): readonly Mapping[] {
    return [...(this.#live.get(device)?.get(dmaAddr) ?? [])]
  }

  undoneAt(device: string, dmaAddr: number): Undone | undefined {
    return this.#undone.get(device)?.get(dmaAddr)
  }

  /** The mapping most recently undone whose range held an address. */
  undoneAround(device: string, dmaAddr: number): Undone | undefined {
    let latest: Undone | undefined
    for (const undone of this.#undone.get(device)?.values() ?? []) {
      const { mapping } = undone
      if (mapping.dmaAddr <= dmaAddr && dmaAddr < mapping.dmaAddr + mapping.size) latest = undone
    }
    return latest
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
    const devices =
      device === undefined ? this.#live.values() : [this.#live.get(device) ?? new Map<number, Mapping[]>()]
    for (const addresses of devices) for (const mappings of addresses.values()) yield* mappings
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
