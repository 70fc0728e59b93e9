// The commonest of all: a range is mapped, and unmapped before anything else happens, while nothing else is live. What makes such a pair
// plainly right is asked once, when one has gone the short way; from then on until another event comes, a pair is a comparison of numbers.
import type { EventName } from '@dmalab/api'
import { isMappingError } from '../dma-debug/entry.ts'
import type { History } from '../pairing/unexplained.ts'
import type { KnownDevice } from './known-device.ts'
import { LARGEST } from './memory-index.ts'
import type { PendingMappings } from './pending-mappings.ts'

const NO_PID = -1
/** Beyond it an address is no number whose neighbours are. */
const FAR = 2 ** 53

export class UsualPair {
  /** A mapping was taken, and is in no table. */
  held = false
  dmaAddr = 0
  size = 0
  dir = 0
  physAddr = 0
  at = 0
  /** Of such pairs; undefined: none is usual now. */
  private mapName: EventName | undefined
  private unmapName: EventName | undefined
  private device: KnownDevice | undefined
  deviceName = ''
  /** Pairs of the last address, size and direction that the device has not been told of; when the last of them was made and undone. */
  private untold = 0
  private madeAt = 0
  private undoneAt = 0
  private history: History | undefined
  private pending: PendingMappings | undefined

  /** A mapping of this device went the short way, and would again if it were the only one. */
  allowMap(name: EventName, device: KnownDevice, pending: PendingMappings): void {
    this.mapName = name
    this.device = device
    this.deviceName = device.name
    this.pending = pending
  }

  /** So did its unmap. */
  allowUnmap(name: EventName, device: KnownDevice): void {
    if (device !== this.device) return
    this.unmapName = name
    this.history = device.history
  }

  /** Tells the device what it had. Of pairs that are alike only the last one is remembered. */
  tellUndone(): void {
    if (this.untold === 0) return
    this.history!.explained += this.untold
    this.untold = 0
    this.device!.undone.add(this.dmaAddr, this.size, this.dir, this.madeAt, this.undoneAt)
  }

  /** Something else happens: all is to be asked again. */
  forbid(): void {
    this.tellUndone()
    this.mapName = undefined
    this.unmapName = undefined
    this.device = undefined
  }

  /** True: it is held. `pid` -1: unknown. */
  map(
    name: EventName,
    device: string,
    dmaAddr: number,
    size: number,
    dir: number,
    attrs: number,
    physAddr: number,
    at: number,
    pid: number,
  ): boolean {
    if (name !== this.mapName || device !== this.deviceName || attrs !== 0 || this.held) return false
    if (this.pending!.count !== 0 || (pid !== NO_PID && pid !== this.device!.pid)) return false
    if (!(size > 0 && size <= LARGEST) || physAddr >= FAR || isMappingError(dmaAddr)) return false
    if (dmaAddr !== this.dmaAddr || size !== this.size || dir !== this.dir) {
      this.tellUndone()
      this.dmaAddr = dmaAddr
      this.size = size
      this.dir = dir
    }
    this.held = true
    this.physAddr = physAddr
    this.at = at
    return true
  }

  /** True: it undid what was held. */
  unmap(
    name: EventName,
    device: string,
    dmaAddr: number,
    size: number,
    dir: number,
    attrs: number,
    at: number,
  ): boolean {
    if (!this.held || name !== this.unmapName || dmaAddr !== this.dmaAddr || size !== this.size) return false
    if (dir !== this.dir || attrs !== 0 || device !== this.deviceName) return false
    this.held = false
    this.untold += 1
    this.madeAt = this.at
    this.undoneAt = at
    return true
  }
}
