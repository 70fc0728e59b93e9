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

export class Coverage {
  private readonly seen = new Set<string>()
  private readonly pairs = new Set<string>()
  private last = ''

  /** Two kinds of events of a device, one after the other: how many there were. */
  get seenPairs(): number {
    return this.pairs.size
  }

  see(event: Event): void {
    const kind = 'device' in event ? `${event.event} ${event.device}` : event.event
    this.pairs.add(`${this.last}>${kind}`)
    this.last = kind
    const operation = OPERATION_OF[event.event]
    if (operation !== undefined && 'device' in event) this.seen.add(`${event.device}\t${operation}`)
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
