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

  /** Something else happens: all is to be asked again. */
  forbid(): void {
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
    this.held = true
    this.dmaAddr = dmaAddr
    this.size = size
    this.dir = dir
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
    this.history!.explained += 1
    this.device!.undone.add(dmaAddr, size, dir, this.at, at)
    return true
  }
}
