// The short way of the commonest operations: a range is mapped, synced and unmapped just as it should be. Nothing is to be said of such
// a mapping, so it is kept as numbers, and the ledger hears of it only when something comes that may have to do with it. Whatever is not
// plainly right takes the ledger's way; a test holds that both give the same findings.
import { DIR, type Event, type KernelText } from '@dmalab/api'
import { type DebugEntry, isMappingError, type EntryType } from '../dma-debug/entry.ts'
import type { Dialect } from '../dma-debug/dialects.ts'
import { handOver, mappingOf, sgEntries } from '../dma-debug/mapping-of.ts'
import { ComparedAttrs, fitsDevice, isLineSize } from './compared.ts'
import { concerns } from './concerns.ts'
import type { KnownDevice } from './known-device.ts'
import type { Ledger } from './ledger.ts'
import { type PendingList, PendingLists, type SyncSgEvent } from './pending-lists.ts'
import { PendingMappings } from './pending-mappings.ts'

type MapSgEvent = Extract<Event, { event: 'dma_map_sg' }>
type UnmapSgEvent = Extract<Event, { event: 'dma_unmap_sg' }>

/** Sync states of a pending mapping. */
const FOR_CPU = 1
const FOR_DEVICE = 2
const NO_PID = -1

export class QuickPairing {
  readonly ledger: Ledger
  pending: PendingMappings = new PendingMappings()
  private lists = new PendingLists(this.pending)
  private devices = new Map<string, KnownDevice>()
  private names: string[] = []
  /** The device of the last event. */
  last: KnownDevice | undefined
  /** dma-debug's type of all that is pending. */
  private type: EntryType | undefined
  private release: KernelText | undefined
  private dialect: Dialect
  /** The cache line size that was looked at last, and whether it is one. */
  private lineSize = 0
  private readonly attrs = new ComparedAttrs()

  constructor(ledger: Ledger) {
    this.ledger = ledger
    this.dialect = ledger.dialect
  }

  /** True: it is pending. False: it is a matter for the ledger, which must then be told by way of meet(). `pid` -1: unknown. */
  map(
    device: string,
    dmaAddr: number,
    size: number,
    dir: number,
    attrs: number,
    physAddr: number,
    at: number,
    pid: number,
  ): boolean {
    const { ledger, pending } = this
    const { tracker, lineSize } = ledger
    if (!PendingMappings.fits(physAddr, size) || isMappingError(dmaAddr) || ledger.bounces.waiting) return false
    if (!pending.hasRoomFor(1) || tracker.liveCount >= ledger.follow || !this.trusts(lineSize)) return false
    const known = this.last?.name === device ? this.last : this.know(device)
    const mappings = (known.ledger ??= tracker.mappingsOf(device))
    if (pending.find(known.number, dmaAddr) >= 0 || mappings.beginsAt(dmaAddr)) return false
    if (dir !== DIR.TO_DEVICE && (pending.meets(physAddr, size, lineSize) || ledger.meets(physAddr, size))) return false
    const type = this.speaks().types.page
    if (this.type !== type) this.retype(type)
    this.begins(known, pid)
    pending.hold(known.number, dmaAddr, size, dir, attrs, physAddr, at, tracker.nextOrder())
    tracker.liveCount += 1
    return true
  }

  /** True: it undid a pending mapping. */
  unmap(device: string, dmaAddr: number, size: number, dir: number, attrs: number, at: number): boolean {
    const { ledger, pending } = this
    if (pending.count === 0) return false
    const known = this.last?.name === device ? this.last : this.know(device)
    const { newest } = pending
    const held = newest.device === known.number && newest.dmaAddr === dmaAddr
    const slot = held ? -1 : pending.find(known.number, dmaAddr)
    if (held) {
      if (newest.size !== size || newest.dir !== dir || ledger.checksTraced) return false
    } else {
      if (slot < 0 || pending.sizes[slot] !== size || pending.dirs[slot] !== dir || pending.lists[slot] !== 0)
        return false
      if (ledger.checksTraced && pending.asked[slot] === 0) return false
    }
    if (!this.attrs.same(held ? newest.attrs : pending.attrs[slot]!, attrs, this.speaks())) return false
    if (this.speaks().types.page !== this.type) return false
    this.active(known)
    this.explained(known)
    known.undone.add(dmaAddr, size, dir, held ? newest.at : pending.ats[slot]!, at)
    if (held) pending.dropNewest()
    else pending.remove(slot)
    ledger.tracker.liveCount -= 1
    return true
  }

  /** Is the newest mapping all that is live? */
  onlyNewest(): boolean {
    return this.pending.count === 1 && this.pending.newest.device >= 0 && this.ledger.isEmpty()
  }

  /** As map(), for a list of which nothing was merged; where it was cut, all arrays were. */
  mapList(event: MapSgEvent): boolean {
    const { ledger } = this
    const { tracker, lineSize } = ledger
    const { device, dmaAddrs, sizes, physAddrs, nents, ents, dir, attrs, at, pid = NO_PID } = event
    const told = physAddrs.length
    const even = dmaAddrs.length === told && sizes.length === told
    if (nents !== ents || !even || (event.truncated ? told >= nents : told !== nents)) return false
    if (ledger.bounces.waiting || tracker.liveCount >= ledger.follow || !fitsDevice(event, ledger.context)) return false
    if (!this.trusts(lineSize) || tracker.listBeginsAt(device, physAddrs[0])) return false
    const known = this.know(device)
    const mappings = (known.ledger ??= tracker.mappingsOf(device))
    const list = { nents, ents, dmaAddrs, sizes, physAddrs }
    const meets = (i: number): boolean =>
      mappings.beginsAt(dmaAddrs[i]!) || (dir !== DIR.TO_DEVICE && ledger.meets(physAddrs[i]!, sizes[i]!))
    const one = { device: known.number, dir, attrs, at, order: tracker.nextOrder(), list }
    if (!this.lists.add(one, lineSize, meets)) return false
    this.begins(known, pid)
    tracker.liveCount += 1
    return true
  }

  /** As unmap(). */
  unmapList(event: UnmapSgEvent): boolean {
    const { ledger } = this
    const { device, physAddrs, dir, attrs, at } = event
    if (this.pending.count === 0 || event.truncated === true || ledger.tracker.listBeginsAt(device, physAddrs[0]))
      return false
    const known = this.know(device)
    const found = this.lists.of(known.number, physAddrs)
    if (found?.dir !== dir || !this.attrs.same(found.attrs, attrs, this.speaks())) return false
    this.active(known)
    this.explained(known)
    const { list, size, at: madeAt } = found
    const dmaAddr = list.dmaAddrs[0]!
    const gone = { kind: 'sg', dmaAddr, size, dir, at: madeAt, pool: undefined, list } as const
    known.undone.add(dmaAddr, size, dir, madeAt, at, gone)
    this.lists.remove(found)
    ledger.tracker.liveCount -= 1
    return true
  }

  /** True: it was a sync of a whole pending mapping. */
  sync(device: string, dmaAddr: number, size: number, dir: number, toCpu: boolean): boolean {
    const { pending } = this
    if (pending.count === 0) return false
    const known = this.last?.name === device ? this.last : this.know(device)
    const slot = pending.find(known.number, dmaAddr)
    if (slot < 0 || pending.sizes[slot] !== size || pending.dirs[slot] !== dir || pending.lists[slot] !== 0)
      return false
    const { page, sync } = this.speaks().types
    if (page !== this.type || page !== sync) return false
    if (dir !== DIR.BIDIRECTIONAL && dir !== (toCpu ? DIR.FROM_DEVICE : DIR.TO_DEVICE)) return false
    this.active(known)
    pending.syncs[slot] = toCpu ? FOR_CPU : FOR_DEVICE
    return true
  }

  /** As sync(), for all entries of a list. */
  syncList(event: SyncSgEvent): boolean {
    if (this.pending.count === 0) return false
    const known = this.know(event.device)
    const taken = this.lists.sync(known.number, event, this.ledger.tracker.table.count === 0)
    if (taken) this.active(known)
    return taken
  }

  /** True: the driver asked about a pending mapping. */
  asks(device: string, dmaAddr: number): boolean {
    const slot = this.pending.count === 0 ? -1 : this.pending.find(this.know(device).number, dmaAddr)
    if (slot < 0 || this.pending.lists[slot] !== 0) return false
    this.ledger.checksTraced = true
    this.pending.asked[slot] = 1
    return true
  }

  /** Called before the ledger takes an event: where the two may have to do with each other, it learns all that is pending. */
  meet(event: Event): void {
    const { pending, lists, ledger } = this
    if (pending.count === 0) return
    const known = 'device' in event && event.device !== undefined ? this.know(event.device) : undefined
    if (concerns(event, { pending, lists, lineSize: ledger.lineSize, known })) this.tellAll()
  }

  /** The ledger learns of all that is pending. */
  tellAll(): void {
    const { pending, lists } = this
    while (pending.oldest >= 0) {
      const slot = pending.oldest
      const device = this.names[pending.deviceOf(slot)]!
      const list = lists.holding(slot)
      if (list === undefined) {
        this.tell(slot, device)
        pending.remove(slot)
      } else {
        this.tellList(list, device)
        lists.remove(list)
      }
    }
  }

  /** Events are missing: nothing is known any more. */
  forget(): void {
    this.pending = new PendingMappings()
    this.lists = new PendingLists(this.pending)
    this.devices = new Map()
    this.names = []
    this.last = undefined
  }

  private know(device: string): KnownDevice {
    let known = this.devices.get(device)
    if (known === undefined) {
      const undone = this.ledger.tracker.undoneOf(device)
      known = {
        number: this.names.length,
        name: device,
        undone,
        ledger: undefined,
        pid: NO_PID,
        active: undefined,
        history: undefined,
      }
      this.devices.set(device, known)
      this.names.push(device)
    }
    this.last = known
    return known
  }

  /** The dialect of the moment: events may show another one. */
  private speaks(): Dialect {
    const { release } = this.ledger
    if (release !== this.release) {
      this.release = release
      this.dialect = this.ledger.dialect
    }
    return this.dialect
  }

  /** An edited log may say anything of cache lines. */
  private trusts(lineSize: number): boolean {
    if (lineSize === this.lineSize) return true
    if (!isLineSize(lineSize)) return false
    this.lineSize = lineSize
    return true
  }

  private explained(known: KnownDevice): void {
    known.history ??= this.ledger.unexplained.streaming(known.name)
    known.history.explained += 1
  }

  private begins(known: KnownDevice, pid: number): void {
    this.active(known)
    if (pid === known.pid || pid === NO_PID) return
    known.pid = pid
    this.ledger.unexplained.mapped(known.name, pid)
  }

  private active(known: KnownDevice): void {
    const { leaks } = this.ledger
    if (known.active !== leaks.devices) leaks.active(known.name)
    known.active = leaks.devices
  }

  /** Another release's dma-debug from here on: what it was told keeps its type. */
  private retype(type: EntryType): void {
    this.tellAll()
    this.type = type
  }

  private tell(slot: number, device: string): void {
    const { pending, ledger } = this
    const [dmaAddr, size, dir] = [pending.dmaAddrs[slot]!, pending.sizes[slot]!, pending.dirs[slot]!]
    const place = { device, dmaAddr, size, dir, attrs: pending.attrs[slot]!, at: pending.ats[slot]! }
    const mapping = mappingOf(place, 'streaming', pending.physAddrs[slot]!)
    mapping.order = pending.orders[slot]!
    const { [slot]: synced = 0 } = pending.syncs
    if (synced !== 0) handOver(mapping, synced === FOR_CPU)
    const entry: DebugEntry = {
      ...place,
      mapping,
      type: this.type ?? ledger.dialect.types.page,
      sgCallEnts: 0,
      sgMappedEnts: 0,
      mapErrorChecked: pending.asked[slot] === 1,
    }
    ledger.learn(mapping, [entry])
  }

  private tellList({ list, size, dir, attrs, at, order, syncedFor }: PendingList, device: string): void {
    const place = { device, dir, attrs, at, size, dmaAddr: list.dmaAddrs[0] ?? 0 }
    const mapping = { ...mappingOf(place, 'sg', list.physAddrs[0]), list, order }
    if (syncedFor !== undefined) handOver(mapping, syncedFor === 'cpu')
    this.ledger.learn(mapping, sgEntries(mapping, list))
  }
}
