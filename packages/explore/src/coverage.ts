// Which operations of which op tables were entered, by the events that they emit.
import type { DmaOps, Event, Lab } from '@dmalab/api'

const OPERATION_OF: Readonly<Record<string, keyof DmaOps>> = {
  dma_alloc: 'alloc',
  dma_free: 'free',
  dma_get_sgtable: 'getSgtable',
  dma_map_sg: 'mapSg',
  dma_map_sg_err: 'mapSg',
  dma_unmap_sg: 'unmapSg',
  dma_map_phys: 'mapPage',
  dma_map_page: 'mapPage',
  dma_unmap_phys: 'unmapPage',
  dma_unmap_page: 'unmapPage',
  dma_sync_single_for_cpu: 'syncSingleForCpu',
  dma_sync_single_for_device: 'syncSingleForDevice',
  dma_sync_sg_for_cpu: 'syncSgForCpu',
  dma_sync_sg_for_device: 'syncSgForDevice',
}

/** A kind of event of a device, and which kinds came right after it. */
interface Kind {
  readonly after: Set<Kind>
}

export class Coverage {
  private readonly seen = new Set<string>()
  private readonly kinds = new Map<string, Map<string, Kind>>()
  private last: Kind = { after: new Set() }
  private pairs = 0

  /** Two kinds of events of a device, one after the other: how many there were. */
  get seenPairs(): number {
    return this.pairs
  }

  see(event: Event): void {
    const device = 'device' in event ? (event.device ?? '') : ''
    const kind = this.kinds.get(event.event)?.get(device) ?? this.newKind(event.event, device)
    const { after } = this.last
    this.last = kind
    if (after.has(kind)) return
    after.add(kind)
    this.pairs++
  }

  private newKind(event: Event['event'], device: string): Kind {
    const made: Kind = { after: new Set() }
    const devices = this.kinds.get(event) ?? new Map<string, Kind>()
    devices.set(device, made)
    this.kinds.set(event, devices)
    const operation = OPERATION_OF[event]
    if (operation !== undefined && device !== '') this.enter(device, operation)
    return made
  }

  /** An operation that no event tells of. */
  enter(device: string, operation: keyof DmaOps): void {
    this.seen.add(`${device}\t${operation}`)
  }

  /** `table: operation`, in the order of the alphabet. */
  entered(lab: Lab): readonly string[] {
    const names = [...this.seen].flatMap((text) => {
      const [device = '', operation = ''] = text.split('\t')
      const found = lab.devices.flatMap((one) => [one, ...one.memDevices]).find(({ name }) => name === device)
      return found === undefined ? [] : [`${found.opsName}: ${operation}`]
    })
    return [...new Set(names)].toSorted()
  }
}
