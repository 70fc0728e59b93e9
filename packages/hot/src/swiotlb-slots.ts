// The slots of one bounce pool: runs of 2 KiB slots in areas.
import type { PhysAddr } from '@dmalab/api'
import * as S from '../assembly/shared/swiotlb-layout.ts'
import type { LinearMemory } from './linear-memory.ts'

/** Bytes of one slot. */
export const SLOT_SIZE: number = 2 ** S.SW_SLOT_SHIFT
/** Slots of a segment: the largest mapping. */
export const SEGMENT_SLOTS: number = S.SW_SEGMENT

/** What a mapping asks for. Masks are runs of ones; sizes are bytes. */
export interface SlotRequest {
  /** Area to begin with, modulo their number. */
  readonly cpu: number
  /** Bus address of slot 0; undefined where no window of the device covers the pool. */
  readonly base: number | undefined
  /** Width of the device's segment boundary mask, 1..64. */
  readonly boundaryBits: number
  readonly orig: PhysAddr
  readonly size: number
  readonly alignMask: number
  readonly minAlignMask: number
}

/** How a run of slots is searched for: each slot by its address, or a stride apart from a multiple of the stride on (until v6.3). */
export type SlotSearch = 'by-slot' | 'by-stride'

const SEARCHES: Readonly<Record<SlotSearch, number>> = {
  'by-slot': S.SW_SEARCH_BY_SLOT,
  'by-stride': S.SW_SEARCH_BY_STRIDE,
}

export interface SlotArea {
  /** Slot, from the area's first, at which the next search begins. */
  readonly index: number
  readonly used: number
}

export class SwiotlbSlots {
  readonly slots: number
  readonly areaCount: number
  private readonly linear: LinearMemory
  private readonly pool: number
  private readonly records: number

  /** `slots` is a multiple of 128, `areas` a power of two that divides it into areas of at least 128. */
  constructor(linear: LinearMemory, slots: number, areas: number, search: SlotSearch = 'by-slot') {
    const fits = slots > 0 && slots % S.SW_SEGMENT === 0 && areas > 0 && slots / areas >= S.SW_SEGMENT
    if (!fits || areas > S.SW_AREAS_MAX || slots % areas !== 0)
      throw new Error(`${slots} slots cannot be divided into ${areas} areas`)
    this.slots = slots
    this.areaCount = areas
    this.linear = linear
    this.pool = linear.wasm.swiotlbOpen(slots, areas, SEARCHES[search])
    this.records = linear.u32[(this.pool + S.SWH_RECORDS) / 4] ?? 0
  }

  /** First slot of the run, or undefined; `endless` where the search never ends. */
  find(request: SlotRequest): number | 'endless' | undefined {
    const { cpu, base, boundaryBits, orig, size, alignMask, minAlignMask } = request
    // What fits nowhere may have more bytes than the engine counts.
    if (size > this.slots * 2 ** S.SW_SLOT_SHIFT) return undefined
    // One argument after the other: a spread here costs ten times the search.
    const found = this.linear.wasm.swiotlbFind(
      this.pool,
      cpu,
      base ?? -1,
      boundaryBits,
      orig,
      size,
      alignMask,
      minAlignMask,
    )
    if (found === S.SW_ENDLESS) return 'endless'
    return found < 0 ? undefined : found
  }

  /** Notes whose bytes the run from `slot` on holds; `pad` slots of it are alignment. */
  note(slot: number, pad: number, size: number, orig: PhysAddr): void {
    this.linear.wasm.swiotlbNote(this.pool, slot, pad, size, orig)
  }

  /** Gives back the run whose first slot with bytes is `slot`; undefined when there is none. */
  release(slot: number, offset: number): number | undefined {
    const count = this.linear.wasm.swiotlbRelease(this.pool, slot, offset)
    return count < 0 ? undefined : count
  }

  /** Original address of a slot's first byte; undefined when it is free. */
  origin(slot: number): PhysAddr | undefined {
    const low = this.word(slot, S.SWS_ORIG)
    const high = this.word(slot, S.SWS_ORIG + 4)
    return high === 0xffff_ffff ? undefined : ((high * 2 ** 32 + low) as PhysAddr)
  }

  /** Bytes of the mapping from this slot on. */
  allocSize(slot: number): number {
    return this.word(slot, S.SWS_ALLOC_SIZE)
  }

  /** Free slots from this one to the end of its run; 0 when it is taken. */
  freeRun(slot: number): number {
    this.check(slot)
    return this.linear.u8[this.pool + S.SW_RUNS_BASE + slot] ?? 0
  }

  areas(): SlotArea[] {
    const { u32 } = this.linear
    return Array.from({ length: this.areaCount }, (_, area) => {
      const at = (this.pool + S.SW_AREA_BASE + area * S.SW_AREA_STRIDE) / 4
      return { index: u32[at + S.SWA_INDEX / 4] ?? 0, used: u32[at + S.SWA_USED / 4] ?? 0 }
    })
  }

  private word(slot: number, offset: number): number {
    this.check(slot)
    return this.linear.u32[(this.records + slot * S.SW_SLOT_STRIDE + offset) / 4] ?? 0
  }

  private check(slot: number): void {
    if (slot < 0 || slot >= this.slots) throw new Error(`the pool has no slot ${slot}`)
  }
}
