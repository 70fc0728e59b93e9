// A device's own view of memory: the addresses that leave it, through its IOMMU if it has one, and through the windows of its bus.
import { type BusPart, type BusTranslation, type DeviceFacts, type DmaAddr, hex, type PhysAddr } from '@dmalab/api'
import type { BusView } from '@dmalab/memory'

export class DeviceBusView implements BusView {
  readonly name: string
  readonly snoops: boolean
  readonly addressBits: number
  private readonly facts: DeviceFacts
  private translation: BusTranslation | null = null

  constructor(facts: DeviceFacts) {
    this.facts = facts
    this.name = facts.name
    this.snoops = facts.coherent
    this.addressBits = facts.maskBits
  }

  setTranslation(translation: BusTranslation | null): void {
    this.translation = translation
  }

  /** Hardware, not kernel: this knows the real windows, whatever the kernel believes of them. */
  translate(at: DmaAddr, len: number, write: boolean): readonly BusPart[] {
    // A device that holds fewer bits puts the low ones on the bus.
    const registers = 2 ** this.addressBits
    if (this.addressBits < 64 && at >= registers) return this.translate((at % registers) as DmaAddr, len, write)
    const limit = Math.min(registers - 1, this.facts.busLimit ?? Infinity)
    if (at > limit) return [{ fault: `${hex(at)} is beyond the ${hex(limit)} that ${this.name} can address`, len }]
    if (at + len - 1 > limit) {
      const within = limit - at + 1
      return [...this.translate(at, within, write), ...this.translate((at + within) as DmaAddr, len - within, write)]
    }
    return this.translation === null ? this.throughWindows(at, len) : this.translation(at, len, write)
  }

  private throughWindows(at: DmaAddr, len: number): readonly BusPart[] {
    const ranges = this.facts.dmaRanges ?? []
    if (ranges.length === 0) return [{ phys: at as number as PhysAddr, len }]
    const parts: BusPart[] = []
    for (let done = 0; done < len;) {
      const from = at + done
      const window = ranges.find((r) => from >= r.bus && from < r.bus + r.len)
      const next = Math.min(...ranges.filter((r) => r.bus > from).map((r) => r.bus))
      const end = window === undefined ? next : window.bus + window.len
      const part = Math.min(len - done, end - from)
      if (window === undefined) parts.push({ fault: `no window of ${this.name}'s bus covers ${hex(from)}`, len: part })
      else parts.push({ phys: (window.cpu + (from - window.bus)) as PhysAddr, len: part })
      done += part
    }
    return parts
  }
}
