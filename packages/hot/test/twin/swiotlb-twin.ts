// What assembly/swiotlb.ts does, readable: a table of slots, searched area by area.
import type { SlotRequest, SlotSearch } from '../../src/index.ts'

const SEGMENT = 128
const MAX64 = 2n ** 64n - 1n

interface Slot {
  free: number
  size: number
  pad: number
}

export class SwiotlbTwin {
  private readonly slots: Slot[]
  private readonly used: number[]
  private readonly index: number[]
  private readonly areaSlots: number
  private readonly how: SlotSearch

  constructor(slots: number, areas: number, how: SlotSearch) {
    this.how = how
    this.slots = Array.from({ length: slots }, (_, i) => ({ free: SEGMENT - (i % SEGMENT), size: 0, pad: 0 }))
    this.used = Array.from({ length: areas }, () => 0)
    this.index = Array.from({ length: areas }, () => 0)
    this.areaSlots = slots / areas
  }

  find(request: SlotRequest): number | 'endless' | undefined {
    const areas = this.used.length
    for (let i = 0; i < areas; i++) {
      const area = (request.cpu + i) % areas
      const slot = this.how === 'by-stride' ? this.searchByStride(area, request) : this.search(area, request)
      if (slot !== undefined) return slot
    }
    return undefined
  }

  note(slot: number, pad: number): void {
    this.at(slot + pad).pad = pad
  }

  release(slot: number, offset: number): number | undefined {
    const first = slot - this.at(slot).pad
    const count = Math.ceil((this.at(first).size + offset) / 2048)
    if (this.at(first).size === 0) return undefined
    for (let i = first; i < first + count; i++) Object.assign(this.at(i), { size: 0, pad: 0, free: 1 })
    this.recount(first, first + count)
    const area = Math.floor(first / this.areaSlots)
    this.used[area] = (this.used[area] ?? 0) - count
    return count
  }

  areas(): { index: number; used: number }[] {
    return this.used.map((used, i) => ({ index: this.index[i] ?? 0, used }))
  }

  freeRun(slot: number): number {
    return this.at(slot).free
  }

  private search(
    area: number,
    { base, boundaryBits, orig, size, alignMask, minAlignMask }: SlotRequest,
  ): number | undefined {
    const count = Math.ceil(size / 2048)
    if (count > this.areaSlots - (this.used[area] ?? 0)) return undefined
    const plain = alignMask === 0 && minAlignMask === 0 && size >= 4096
    const align = (plain ? 4095n : BigInt(alignMask)) | 2047n
    const keep = BigInt(minAlignMask) & ~align
    const boundary = 2n ** BigInt(boundaryBits) - 1n
    const start = (base === undefined ? MAX64 : BigInt(base)) & boundary
    const step = Number((align > keep ? align : keep) >> 11n) + 1
    let index = this.index[area] ?? 0
    for (let checked = 0; checked < this.areaSlots;) {
      const slot = area * this.areaSlots + index
      const at = (start + BigInt(slot) * 2048n) & MAX64
      const aligned = (at & align) === 0n && (orig === 0 || (at & keep) === (BigInt(orig) & keep))
      if (aligned && this.fits(slot, count, start, boundary)) {
        this.take(area, index, count, size - Number(BigInt(orig) & BigInt(minAlignMask) & 2047n))
        return slot
      }
      index = this.wrapped(index + (aligned ? step : 1))
      checked += aligned ? step : 1
    }
    return undefined
  }

  /** As v6.1 has it: the search ends where it began, which it notices only if it comes there again. */
  private searchByStride(
    area: number,
    { base, boundaryBits, orig, size, alignMask, minAlignMask }: SlotRequest,
  ): number | 'endless' | undefined {
    const count = Math.ceil(size / 2048)
    if (count > this.areaSlots - (this.used[area] ?? 0)) return undefined
    const align = BigInt(alignMask) | 2047n
    const keep = BigInt(minAlignMask) & ~align
    const boundary = 2n ** BigInt(boundaryBits) - 1n
    const start = (base === undefined ? MAX64 : BigInt(base)) & boundary
    const kept = (Number(keep >> 11n) + 1) * (size >= 4096 ? 2 : 1)
    const step = Math.max(kept, Number(align >> 11n) + 1)
    // ALIGN() of the kernel, whose stride need not be a power of two.
    const begin = this.wrapped(Number(BigInt((this.index[area] ?? 0) + step - 1) & ~BigInt(step - 1)))
    const seen = new Set<number>()
    for (let index = begin; !seen.has(index);) {
      seen.add(index)
      const slot = area * this.areaSlots + index
      const at = (start + BigInt(slot) * 2048n) & MAX64
      const kind = orig === 0 || (at & keep) === (BigInt(orig) & keep)
      if (kind && this.fits(slot, count, start, boundary)) {
        this.take(area, index, count, size - Number(BigInt(orig) & BigInt(minAlignMask) & 2047n))
        return slot
      }
      index = this.wrapped(index + (kind ? step : 1))
      if (index === begin) return undefined
    }
    return 'endless'
  }

  private wrapped(index: number): number {
    return index >= this.areaSlots ? 0 : index
  }

  private take(area: number, index: number, count: number, size: number): void {
    const slot = area * this.areaSlots + index
    for (let i = 0; i < count; i++) Object.assign(this.at(slot + i), { free: 0, size: size - i * 2048 })
    this.recount(slot, slot + count)
    this.index[area] = this.wrapped(index + count)
    this.used[area] = (this.used[area] ?? 0) + count
  }

  private fits(slot: number, count: number, start: bigint, boundary: bigint): boolean {
    const slotsPerBoundary = (boundary >> 11n) + 1n
    const within = ((start + 2047n) / 2048n + BigInt(slot)) % slotsPerBoundary
    return within + BigInt(count) <= slotsPerBoundary && this.at(slot).free >= count
  }

  /** Free runs of the segments that [from, to) touches, counted from their ends. */
  private recount(from: number, to: number): void {
    const first = from - (from % SEGMENT)
    const end = Math.ceil(to / SEGMENT) * SEGMENT
    let run = 0
    for (let i = end - 1; i >= first; i--) {
      if (i % SEGMENT === SEGMENT - 1) run = 0
      run = this.at(i).free === 0 ? 0 : run + 1
      this.at(i).free = run
    }
  }

  private at(slot: number): Slot {
    const found = this.slots[slot]
    if (found === undefined) throw new Error(`no slot ${slot}`)
    return found
  }
}
