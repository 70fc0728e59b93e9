// Which bounce pool a device has: the kernel's own, a restricted region, or one it was given.
import {
  type BootMemory,
  devString,
  type Machine,
  pfnOf,
  phys,
  type PhysAddr,
  physOf,
  type SwiotlbInit,
  type SwiotlbPolicy,
} from '@dmalab/api'
import type { DeviceState } from './device.ts'
import { type BouncePool, defaultSlots, smallerPool, swiotlbOf, type SwiotlbParts } from './swiotlb.ts'

export interface BouncePools {
  /** Gives a device its pool, as the kernel does when it makes the device. */
  attach(device: DeviceState): void
  /** Gives a device a pool at a stated place. */
  give(device: DeviceState, init: SwiotlbInit): void
  /** Slots in use, of all pools. */
  used(): number
  /** The kernel's own pool. */
  atBoot(): BootMemory['swiotlb']
}

const SLOT = 2048
/** Slots of a segment: an area has one at least. */
const SEGMENT = 128

export const createBouncePools = (parts: SwiotlbParts, machine: Machine): BouncePools => {
  const { memory, facts, sink } = parts
  const restricted = new Map<string, BouncePool>()
  const all: BouncePool[] = []
  let common: BouncePool | null | undefined

  /** The pool made at boot, in memory that every device reaches. */
  const bootPool = (): BouncePool | null => {
    const policy = facts.swiotlb
    const { managed } = memory.layout
    if (policy === null) return null
    const top = Math.max(...managed.map((range) => range.base + range.len))
    const bytes = managed.reduce((sum, range) => sum + range.len, 0)
    let slots: number | undefined = defaultSlots(policy, facts, bytes, top)
    while (slots !== undefined && slots > 0) {
      const pages = memory.allocBoot(slots * SLOT, { ...placeOf(policy, slots * SLOT), owner: 'software IO TLB' })
      const areas = Math.min(policy.areas, Math.floor(slots / SEGMENT))
      if (pages.ok) return poolAt(physOf(pages.value), slots, areas, policy.mode === 'force', false, 'software IO TLB')
      const text = `software IO TLB: swiotlb_memblock_alloc: Failed to allocate ${slots * SLOT} bytes tlb structure`
      sink.emit({ event: 'printk', level: 'warn', text })
      slots = smallerPool(slots)
    }
    return null
  }

  /** Where the board says the kernel put it, as its log tells; else where this kernel looks first. */
  const placeOf = ({ dmaLimit, highest }: SwiotlbPolicy, size: number) => {
    const { bouncePool } = machine.layout
    return bouncePool === undefined ? { limit: dmaLimit, highest } : { above: bouncePool, limit: bouncePool + size - 1 }
  }

  const poolAt = (
    start: PhysAddr,
    slots: number,
    areas: number,
    force: boolean,
    forAlloc: boolean,
    name: string,
  ): BouncePool => {
    const pool = { name, start, slots: memory.hot.swiotlbSlots(slots, areas, facts.bounceSearch), force, forAlloc }
    all.push(pool)
    return pool
  }

  /**
   * A restricted-dma-pool of the device; everything it maps goes through there.
   * Models: Linux v6.12 kernel/dma/swiotlb.c: rmem_swiotlb_setup, rmem_swiotlb_device_init
   */
  const restrictedPool = (device: DeviceState): BouncePool | null => {
    if (facts.swiotlb?.restrictedPools !== true) return null
    const region = machine.reserved.find(
      ({ name, compatible }) => compatible === 'restricted-dma-pool' && device.facts.pools.includes(name),
    )
    if (region === undefined) return null
    const known = restricted.get(region.name)
    if (known !== undefined) return known
    if (region.noMap || region.reusable || memory.isHighmemPfn(pfnOf(phys(region.base)))) {
      sink.emit({
        event: 'printk',
        level: 'err',
        text: `${devString(device)}: Restricted DMA pool must be accessible within the linear mapping.`,
      })
      return null
    }
    memory.own(phys(region.base), region.len, `restricted pool ${region.name}`)
    const pool = poolAt(phys(region.base), Math.floor(region.len / SLOT), 1, true, true, region.name)
    restricted.set(region.name, pool)
    return pool
  }

  return {
    attach(device) {
      if (common === undefined) common = bootPool()
      const pool = restrictedPool(device) ?? common
      device.swiotlb = pool === null ? null : swiotlbOf(parts, pool, device)
    },
    give(device, { start, slots, areas, force }) {
      device.swiotlb = swiotlbOf(parts, poolAt(start, slots, areas, force, false, `${device.name} bounce pool`), device)
    },
    atBoot() {
      if (common === undefined) common = bootPool()
      if (common === null) return null
      const { slots } = common.slots
      return { base: common.start, len: slots * SLOT, slots, forced: common.force }
    },
    used: () => all.flatMap(({ slots }) => slots.areas()).reduce((sum, area) => sum + area.used, 0),
  }
}
