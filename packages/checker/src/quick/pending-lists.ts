// Scatterlists that the ledger has not been told of: each entry is among the pending mappings, and here is what makes a list of them.
import { DIR, type Event } from '@dmalab/api'
import type { SgList } from '../dma-debug/entry.ts'
import { sumOf } from '../dma-debug/types.ts'
import { PendingMappings } from './pending-mappings.ts'

export type SyncSgEvent = Extract<Event, { event: 'dma_sync_sg_for_cpu' | 'dma_sync_sg_for_device' }>

/** A list as it was mapped: nothing was merged. */
export interface PendingList {
  readonly device: number
  readonly dir: number
  readonly attrs: number
  readonly at: number
  readonly order: number
  readonly list: SgList
  /** Bytes in all. */
  readonly size: number
  /** Slots of its entries among the pending mappings. */
  readonly slots: readonly number[]
  /** Who has its bytes, as the last sync said. */
  syncedFor: 'cpu' | 'device' | undefined
}

export class PendingLists {
  private readonly pending: PendingMappings
  private readonly lists: (PendingList | undefined)[] = []
  private readonly free: number[] = []
  /** Numbers of lists by the first page of their memory: an unmap names nothing else. */
  private readonly byPage = new Map<number, number>()

  constructor(pending: PendingMappings) {
    this.pending = pending
  }

  /** False: an entry meets what is pending or, as `meets` says, what the ledger has; nothing was added then. */
  add(
    one: Omit<PendingList, 'slots' | 'size' | 'syncedFor'>,
    lineSize: number,
    meets: (entry: number) => boolean,
  ): boolean {
    const { pending } = this
    const { dmaAddrs, sizes, physAddrs } = one.list
    const [page] = physAddrs
    if (page === undefined || this.byPage.has(page) || !pending.hasRoomFor(physAddrs.length)) return false
    const number = this.free.pop() ?? this.lists.length
    const slots: number[] = []
    const { device, dir, attrs, at, order, list } = one
    for (let i = 0; i < physAddrs.length; i++) {
      const dmaAddr = dmaAddrs[i]!
      const size = sizes[i]!
      const physAddr = physAddrs[i]!
      const known = !PendingMappings.fits(physAddr, size) || pending.find(device, dmaAddr) >= 0 || meets(i)
      if (known || (dir !== DIR.TO_DEVICE && pending.meets(physAddr, size, lineSize))) {
        for (const slot of slots) pending.remove(slot)
        this.free.push(number)
        return false
      }
      const slot = pending.add(device, dmaAddr, size, dir, attrs, physAddr, at, order)
      pending.lists[slot] = number + 1
      slots.push(slot)
    }
    // No spread: what it makes has a shape of its own, and is slow to read.
    this.lists[number] = { device, dir, attrs, at, order, list, size: sumOf(sizes), slots, syncedFor: undefined }
    this.byPage.set(page, number)
    return true
  }

  /** The list whose memory is exactly these pages, as far as was told. */
  of(device: number, physAddrs: readonly number[]): PendingList | undefined {
    const number = this.byPage.get(physAddrs[0] ?? NaN)
    const found = number === undefined ? undefined : this.lists[number]
    if (found === undefined || found.device !== device || found.list.nents !== physAddrs.length) return undefined
    const told = found.list.physAddrs
    for (let i = 0; i < told.length; i++) if (told[i] !== physAddrs[i]) return undefined
    return found
  }

  /**
   * True: it was a sync of a whole list, and nothing is to be said of it. `alone`: the ledger has no entries. What was told cut has pages that
   * nothing knows: they could be those of another mapping, so that there must be no other.
   */
  sync(device: number, { event, dir, dmaAddrs, sizes }: SyncSgEvent, alone: boolean): boolean {
    const { pending } = this
    const slot = pending.find(device, dmaAddrs[0] ?? NaN)
    const found = slot < 0 ? undefined : this.holding(slot)
    if (found === undefined || found.dir !== dir || found.list.nents !== dmaAddrs.length) return false
    const syncedFor = event === 'dma_sync_sg_for_cpu' ? 'cpu' : 'device'
    if (dir !== DIR.BIDIRECTIONAL && dir !== (syncedFor === 'cpu' ? DIR.FROM_DEVICE : DIR.TO_DEVICE)) return false
    const { dmaAddrs: mapped, sizes: mappedSizes } = found.list
    if (mapped.length < dmaAddrs.length && !(alone && pending.count === mapped.length)) return false
    for (let i = 0; i < mapped.length; i++) if (mapped[i] !== dmaAddrs[i] || mappedSizes[i] !== sizes[i]) return false
    found.syncedFor = syncedFor
    return true
  }

  /** Does a list begin at this page? */
  beginsAt(page: number | undefined): boolean {
    return page !== undefined && this.byPage.has(page)
  }

  /** The list that a pending mapping is an entry of. */
  holding(slot: number): PendingList | undefined {
    return this.lists[this.pending.lists[slot]! - 1]
  }

  remove(list: PendingList): void {
    const page = list.list.physAddrs[0]!
    const number = this.byPage.get(page)!
    for (const slot of list.slots) this.pending.remove(slot)
    this.byPage.delete(page)
    this.lists[number] = undefined
    this.free.push(number)
  }
}
