// What of a run tells whether an assumption mattered: addresses beyond a mask, and how full the CMA area was.
import {
  bitsNeeded,
  bitsOf,
  busAddressOf,
  type Event,
  type Finding,
  type Machine,
  PAGE_SIZE,
  type Verdict,
} from '@dmalab/api'

export interface Observed {
  /** By device: address bits of the highest bus address that it was given, or would have been. */
  readonly bits: ReadonlyMap<string, number>
  /** The default area. Bytes. */
  readonly cma: { readonly peak: number; readonly full: boolean }
  /** A reader got other bytes than were written, or lines are shared. */
  readonly wrong: boolean
}

export class RunWatch {
  private readonly machine: Machine
  private readonly bits = new Map<string, number>()
  private readonly area: string | undefined
  private taken = 0
  private peak = 0
  private full = false

  constructor(machine: Machine) {
    this.machine = machine
    this.area = machine.reserved.find((region) => region.default === 'cma')?.name
  }

  onEvent(event: Event): void {
    switch (event.event) {
      case 'dma_map_page':
      case 'dma_map_phys':
        return this.at(event.device, event.physAddr + event.size - 1)
      case 'dma_map_sg':
      case 'dma_map_sg_err':
        for (const at of event.physAddrs) this.at(event.device, at + PAGE_SIZE - 1)
        return
      case 'swiotlb_bounced':
        return this.meet(event.device, bitsOf(event.devAddr + event.size - 1), event.devAddr + event.size - 1)
      case 'dma_alloc': {
        const facts = this.machine.devices.find(({ name }) => name === event.device)
        // Where no memory is left that the mask allows, a wider one may allow some.
        if (event.virtAddr !== '' || facts === undefined || facts.pools.length > 0) return
        return void this.bits.set(event.device, bitsNeeded(facts, this.machine.memory))
      }
      case 'cma_alloc_finish':
        if (event.name !== this.area) return
        if (event.errno !== undefined && event.errno !== 0) this.full = true
        else this.taken += event.count
        this.peak = Math.max(this.peak, this.taken)
        return
      case 'cma_release':
        if (event.name === this.area) this.taken -= event.count
        return
      default:
    }
  }

  finish(verdict: Verdict, findings: readonly Finding[]): Observed {
    const wrong = verdict === 'corrupt' || findings.some(({ code }) => LINE_CODES.includes(code))
    return { bits: this.bits, cma: { peak: this.peak * PAGE_SIZE, full: this.full }, wrong }
  }

  /** A physical address; where windows do not lead to it, a mask changes nothing. */
  private at(device: string, phys: number): void {
    const facts = this.machine.devices.find(({ name }) => name === device)
    const bus = facts === undefined ? undefined : busAddressOf(facts, phys)
    if (bus !== undefined) this.meet(device, bitsOf(bus), bus)
  }

  private meet(device: string, bits: number, bus: number): void {
    const limit = this.machine.devices.find(({ name }) => name === device)?.busLimit ?? Infinity
    if (bus <= limit) this.bits.set(device, Math.max(bits, this.bits.get(device) ?? 0))
  }
}

const LINE_CODES: readonly string[] = ['wrong-bytes', 'foreign-memory', 'cacheline-overlap']
