// kmap(): lasting mappings of single highmem pages, in a window of their own just below the linear map.
import { fail, type KernelVaddr, type KResult, ok, PAGE_SIZE, type Pfn, type PhysAddr, physOf } from '@dmalab/api'

/** LAST_PKMAP. */
const SLOTS = 512

interface Slot {
  readonly pfn: Pfn
  uses: number
}

/** Models: Linux v4.11 mm/highmem.c: kmap_high, kunmap_high; arch/arm/include/asm/highmem.h: PKMAP_BASE */
export class PersistentKmaps {
  private readonly base: bigint
  private readonly slots: (Slot | undefined)[] = []

  constructor(pageOffset: bigint) {
    this.base = pageOffset - BigInt(SLOTS * PAGE_SIZE)
  }

  /** The kernel sleeps until a slot is free; nobody would free one here, so this is ENOMEM. */
  map(pfn: Pfn): KResult<KernelVaddr> {
    const known = this.slotOf(pfn)
    const taken = known >= 0 ? known : this.freeSlot()
    if (taken >= SLOTS) return fail('ENOMEM', `all ${SLOTS} slots for highmem pages are taken`)
    const slot = this.slots[taken]
    if (slot === undefined) this.slots[taken] = { pfn, uses: 1 }
    else slot.uses++
    return ok((this.base + BigInt(taken * PAGE_SIZE)) as KernelVaddr)
  }

  /** @throws Error for a page that is not mapped */
  unmap(pfn: Pfn): void {
    const at = this.slotOf(pfn)
    const slot = this.slots[at]
    if (slot === undefined) throw new Error(`page frame ${pfn} has no kmap`)
    slot.uses--
    if (slot.uses === 0) this.slots[at] = undefined
  }

  has(pfn: Pfn): boolean {
    return this.slotOf(pfn) >= 0
  }

  get count(): number {
    return this.slots.filter((slot) => slot !== undefined).length
  }

  resolve(at: KernelVaddr): PhysAddr | undefined {
    const offset = Number(at - this.base)
    if (offset < 0 || offset >= SLOTS * PAGE_SIZE) return undefined
    const slot = this.slots[Math.floor(offset / PAGE_SIZE)]
    return slot === undefined ? undefined : physOf(slot.pfn, offset % PAGE_SIZE)
  }

  private slotOf(pfn: Pfn): number {
    return this.slots.findIndex((slot) => slot?.pfn === pfn)
  }

  private freeSlot(): number {
    const free = this.slots.findIndex((slot) => slot === undefined)
    return free < 0 ? this.slots.length : free
  }
}
