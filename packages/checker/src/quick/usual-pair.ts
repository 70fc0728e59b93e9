// The commonest of all: a range is mapped, and unmapped before anything else happens, while nothing else is live. What makes such a pair
// plainly right is asked once, when one has gone the short way; from then on until another event comes, a pair is a comparison of numbers.
import type { EventName, NumberListener } from '@dmalab/api'
import { isMappingError } from '../dma-debug/entry.ts'
import type { KnownDevice } from './known-device.ts'
import { LARGEST } from './memory-index.ts'
import type { PendingMappings } from './pending-mappings.ts'

type OnMap = NumberListener['onMap']
type OnUnmap = NumberListener['onUnmap']

const NO_PID = -1
/** Beyond it an address is no number whose neighbours are. */
const FAR = 2 ** 53

/** What is usual: nothing; a pair of `pair`, from its map on; its unmap, as it was mapped and is in no table. */
const NOTHING = 0
const MAP = 1
const UNMAP = 2

/** What was held when something else came. */
export interface HeldMapping {
  readonly device: string
  readonly dmaAddr: number
  readonly size: number
  readonly dir: number
  readonly physAddr: number
  readonly at: number
}

/**
 * Takes the pairs that are usual; what takes all other numbers extends it. The stream of events calls it for each mapping, so that its
 * methods are short enough to become part of their caller.
 */
export abstract class UsualPair {
  /** Events so far, and where the last one was. */
  protected events = 0
  protected lastAt = 0
  private next = NOTHING
  private mapName: EventName | undefined
  private unmapName: EventName | undefined
  private device: KnownDevice | undefined
  private deviceName = ''
  /** Of the last mapping, held or not. Before the first there is none that another could be like: no mapping has this size. */
  private dmaAddr = 0
  private size = -1
  private dir = 0
  private physAddr = 0
  private at = 0
  /** Pairs of the last address, size and direction that the device has not been told of; when the last of them was made and undone. */
  private untold = 0
  private madeAt = 0
  private undoneAt = 0

  protected abstract otherMap(...numbers: Parameters<OnMap>): boolean
  protected abstract otherUnmap(...numbers: Parameters<OnUnmap>): boolean

  onMap(
    name: Parameters<OnMap>[0],
    device: string,
    dmaAddr: number,
    size: number,
    dir: number,
    attrs: number,
    physAddr: number,
    at: number,
    pid: number,
  ): boolean {
    if (
      this.next !== MAP ||
      name !== this.mapName ||
      attrs !== 0 ||
      device !== this.deviceName ||
      (pid !== NO_PID && pid !== this.device!.pid) ||
      ((dmaAddr !== this.dmaAddr || size !== this.size || dir !== this.dir || physAddr !== this.physAddr) &&
        !this.fits(dmaAddr, size, dir, physAddr))
    )
      return this.otherMap(name, device, dmaAddr, size, dir, attrs, physAddr, at, pid)
    this.next = UNMAP
    this.at = at
    this.lastAt = at
    this.events += 1
    return true
  }

  onUnmap(
    name: Parameters<OnUnmap>[0],
    device: string,
    dmaAddr: number,
    size: number,
    dir: number,
    attrs: number,
    at: number,
  ): boolean {
    if (
      this.next !== UNMAP ||
      name !== this.unmapName ||
      dmaAddr !== this.dmaAddr ||
      size !== this.size ||
      dir !== this.dir ||
      attrs !== 0 ||
      device !== this.deviceName
    )
      return this.otherUnmap(name, device, dmaAddr, size, dir, attrs, at)
    this.next = MAP
    this.untold += 1
    this.madeAt = this.at
    this.undoneAt = at
    this.lastAt = at
    this.events += 1
    return true
  }

  /** A mapping of this device went the short way, and would again if it were the only one. */
  allowMap(name: EventName, device: KnownDevice): void {
    this.mapName = name
    this.device = device
    this.deviceName = device.name
  }

  /** So did its unmap: pairs are usual from here on, if nothing else is pending. */
  allowUnmap(name: EventName, device: KnownDevice, pending: PendingMappings): void {
    if (device !== this.device) return
    this.unmapName = name
    if (pending.count === 0) this.next = MAP
  }

  /** What was not a usual pair was taken the short way: what is held is to be pending like any other. Undefined: nothing is held. */
  interrupt(): HeldMapping | undefined {
    this.tellUndone()
    const held = this.next === UNMAP
    this.next = NOTHING
    if (!held) return undefined
    const { deviceName, dmaAddr, size, dir, physAddr, at } = this
    return { device: deviceName, dmaAddr, size, dir, physAddr, at }
  }

  /** Something else happened: all is to be asked again. */
  forbid(): void {
    this.mapName = undefined
    this.unmapName = undefined
    this.device = undefined
  }

  /** Another mapping than the last one: could it be held? */
  private fits(dmaAddr: number, size: number, dir: number, physAddr: number): boolean {
    if (!(size > 0 && size <= LARGEST) || physAddr >= FAR || isMappingError(dmaAddr)) return false
    if (dmaAddr !== this.dmaAddr || size !== this.size || dir !== this.dir) {
      this.tellUndone()
      this.dmaAddr = dmaAddr
      this.size = size
      this.dir = dir
    }
    this.physAddr = physAddr
    return true
  }

  /** Tells the device what it had. Of pairs that are alike only the last one is remembered. */
  private tellUndone(): void {
    if (this.untold === 0) return
    const { undone, history } = this.device!
    history!.explained += this.untold
    this.untold = 0
    undone.add(this.dmaAddr, this.size, this.dir, this.madeAt, this.undoneAt)
  }
}
