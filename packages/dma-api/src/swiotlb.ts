// Bounce pools: memory every device reaches, through which mappings that a device cannot reach are copied.
import {
  devString,
  ATTR,
  DIR,
  type EventSink,
  fail,
  has,
  hex,
  type KernelFacts,
  type KResult,
  ok,
  orderOf,
  PAGE_SIZE,
  pfnOf,
  phys,
  type PhysAddr,
  type Swiotlb,
  type SwiotlbPolicy,
  wideAnd,
  wideOr,
} from '@dmalab/api'
import type { KernelStack, Memory } from '@dmalab/memory'
import type { DeviceState } from './device.ts'

type Slots = ReturnType<Memory['hot']['swiotlbSlots']>

/** Bytes of a slot, and slots of a segment: the largest mapping. */
const SLOT = 2048
const SEGMENT = 128
/** The memory model ends here; vectors map addresses beyond, where there is nothing to copy. */
const MODEL_END = 2 ** 44

/** struct io_tlb_pool with its struct io_tlb_mem: shared by the devices that bounce through it. */
export interface BouncePool {
  readonly name: string
  readonly start: PhysAddr
  readonly slots: Slots
  readonly force: boolean
  readonly forAlloc: boolean
}

export interface SwiotlbParts {
  readonly memory: Memory
  readonly facts: KernelFacts
  readonly stack: KernelStack
  readonly sink: EventSink
  /** What was warned of: some warnings come once a boot. */
  readonly warned: Set<'before-start'>
}

/** The pool as one device uses it. */
export const swiotlbOf = (parts: SwiotlbParts, pool: BouncePool, device: DeviceState): Swiotlb => {
  const { memory, facts, stack, sink } = parts
  const { slots, start } = pool
  const minAlignMask = device.facts.minAlignMask ?? 0
  const end = start + slots.slots * SLOT
  const slotOf = (at: PhysAddr): number => Math.floor((at - start) / SLOT)
  const slotAddr = (slot: number): PhysAddr => phys(start + slot * SLOT)
  const byStride = facts.bounceSearch === 'by-stride'
  const contains = (at: PhysAddr): boolean => at >= start && at < end

  /** Models: Linux v6.12 kernel/dma/swiotlb.c: swiotlb_align_offset */
  const alignOffset = (alignMask: number, at: PhysAddr): number =>
    wideAnd(at, wideAnd(minAlignMask, wideOr(alignMask, SLOT - 1)))

  const lent = new Map<PhysAddr, { readonly base: PhysAddr; readonly len: number }>()

  const find = (orig: PhysAddr, size: number, alignMask: number, cpu: number): number | undefined => {
    if (size === 0) return stack.fault({ reason: 'BUG', address: 0n, what: '!nslots' }, 'swiotlb_find_slots')
    const base = device.windows.toDma(start)
    const boundaryBits = device.facts.segmentBoundaryBits ?? 32
    const slot = slots.find({ cpu, base, boundaryBits, orig, size, alignMask, minAlignMask })
    if (slot !== 'endless') return slot
    const what = `the search for ${size} bytes in bounce pool ${pool.name} never comes back to where it began`
    return stack.fault({ reason: 'stall', address: 0n, what }, 'swiotlb_find_slots')
  }

  /**
   * Copies the bytes behind a bounce address in or out, at most to the end of its mapping.
   * Models: Linux v6.12 kernel/dma/swiotlb.c: swiotlb_bounce
   */
  const bounce = (tlb: PhysAddr, len: number, copy: 'in' | 'out'): void => {
    const slot = slotOf(tlb)
    const origin = slots.origin(slot)
    if (origin === undefined) return
    // Negative when the address lies in front of the original's own offset in a later slot.
    const offset = (tlb % SLOT) - alignOffset(0, origin)
    if (offset < 0 && facts.bounceBeforeStart === 'refused') return refuseBeforeStart(tlb, origin, len)
    const orig = phys(origin + offset)
    const left = slots.allocSize(slot) - offset
    if (len > left) printk('warn', `Buffer overflow detected. Allocation size: ${left}. Mapping size: ${len}.`)
    const size = Math.min(len, left)
    if (sink.wants('page'))
      sink.emit({ event: 'bounce_copy', copy, device: device.name, tlbAddr: tlb, origAddr: orig, size })
    if (orig + size > MODEL_END) return
    if (memory.pageHighMem({ kind: 'page', pfn: pfnOf(orig) })) {
      // Page by page through a mapping of the moment, which any frame gets.
      if (copy === 'in') memory.hot.copy('cpu', orig, 'cpu', tlb, size)
      else memory.hot.copy('cpu', tlb, 'cpu', orig, size)
    } else if (copy === 'in') memory.memcpy(memory.linearAddress(tlb), memory.linearAddress(orig), size)
    else memory.memcpy(memory.linearAddress(orig), memory.linearAddress(tlb), size)
  }

  /** The warning comes once. Models: Linux v6.1 kernel/dma/swiotlb.c: swiotlb_bounce */
  const refuseBeforeStart = (tlb: PhysAddr, origin: PhysAddr, len: number): void => {
    const text = `a sync of ${len} bytes at ${hex(tlb)} begins before the mapping does, and is not done: the copy stays as it was`
    sink.emit({ event: 'kernel_quirk', code: 'bounce-sync-refused', text, device: device.name })
    if (parts.warned.has('before-start')) return
    parts.warned.add('before-start')
    const [mapped, asked] = [alignOffset(0, origin), tlb % SLOT]
    printk('warn', `Access before mapping start detected. orig offset ${mapped}, requested offset ${asked}.`)
  }

  const printk = (level: 'warn', text: string): void =>
    sink.emit({ event: 'printk', level, text: `${devString(device)}: ${text}` })

  /** Not even an empty pool has a run of slots for it. */
  const tooLong = (len: number): void => {
    const text = `${device.name}: ${len} bytes in one piece have to be bounced; a bounce buffer has at most ${SEGMENT * SLOT}`
    sink.emit({ event: 'kernel_quirk', code: 'bounce-too-long', text, device: device.name })
  }

  /** While slots are in use they belong to whoever owns the memory they stand for. */
  const lend = (slot: number, total: number, tlb: PhysAddr, orig: PhysAddr): void => {
    const base = slotAddr(slot)
    const len = Math.ceil(total / SLOT) * SLOT
    lent.set(tlb, { base, len })
    const owner = memory.ownerAt(orig)
    if (owner === undefined) memory.disown(base, len)
    else memory.own(base, len, owner)
  }

  const release = (tlb: PhysAddr): void => {
    const given = lent.get(tlb)
    if (given !== undefined) memory.own(given.base, given.len, pool.name)
    lent.delete(tlb)
    const offset = alignOffset(0, tlb)
    if (slots.release(Math.floor((tlb - offset - start) / SLOT), offset) === undefined)
      stack.fault({ reason: 'BUG', address: 0n, what: `no bounce mapping at ${hex(tlb)}` }, 'swiotlb_release_slots')
  }

  return {
    name: pool.name,
    start,
    slots: slots.slots,
    force: pool.force,
    forAlloc: pool.forAlloc,
    contains,

    /** The copy in happens for every direction: a device may write part of a buffer only. */
    tblMapSingle(orig, size, allocAlignMask, dir, attrs, cpu = 0) {
      return stack.call('swiotlb_tbl_map_single', () => {
        const offset = alignOffset(byStride ? 0 : allocAlignMask, orig)
        const total = byStride ? whole(size, allocAlignMask) + offset : whole(size + offset, allocAlignMask)
        const slot = find(orig, total, allocAlignMask, cpu)
        if (slot === undefined) {
          if (total > SEGMENT * SLOT) tooLong(total)
          if (!has(attrs, ATTR.NO_WARN)) {
            const used = slots.areas().reduce((sum, area) => sum + area.used, 0)
            printk(
              'warn',
              `swiotlb buffer is full (sz: ${total} bytes), total ${slots.slots} (slots), used ${used} (slots)`,
            )
          }
          return undefined
        }
        device.skipSync = false
        const pad = Math.floor(offset / SLOT)
        slots.note(slot, pad, total, orig)
        const tlb = phys(slotAddr(slot + pad) + (offset % SLOT))
        lend(slot, total, tlb, orig)
        bounce(tlb, size, 'in')
        return tlb
      })
    },

    tblUnmapSingle(tlb, size, dir, attrs) {
      stack.call('swiotlb_tbl_unmap_single', () => {
        const back = dir === DIR.FROM_DEVICE || dir === DIR.BIDIRECTIONAL
        if (size > 0 && back && !has(attrs, ATTR.SKIP_CPU_SYNC)) bounce(tlb, size, 'out')
        release(tlb)
      })
    },

    syncSingleForDevice(tlb, size, dir) {
      if (dir === DIR.TO_DEVICE || dir === DIR.BIDIRECTIONAL)
        stack.call('swiotlb_sync_single_for_device', () => bounce(tlb, size, 'in'))
    },

    syncSingleForCpu(tlb, size, dir) {
      if (dir === DIR.FROM_DEVICE || dir === DIR.BIDIRECTIONAL)
        stack.call('swiotlb_sync_single_for_cpu', () => bounce(tlb, size, 'out'))
    },

    maxMappingSize: () => SEGMENT * SLOT - Math.ceil(minAlignMask / SLOT) * SLOT,

    alloc(size): KResult<PhysAddr> {
      const alignMask = byStride ? 0 : PAGE_SIZE * 2 ** orderOf(size) - 1
      const slot = find(phys(0), size, alignMask, 0)
      if (slot === undefined) return fail('ENOMEM', `bounce pool ${pool.name} has no parts for ${size} bytes`)
      const at = slotAddr(slot)
      if (byStride) return ok(phys(at - (at % PAGE_SIZE)))
      if (at % PAGE_SIZE === 0) return ok(at)
      release(at)
      return fail('ENOMEM', `bounce pool ${pool.name} does not start at a page`)
    },

    free: (at) => release(at),
    areas: () => slots.areas(),
    freeRuns: () => Array.from({ length: slots.slots }, (_, slot) => slots.freeRun(slot)),
  }
}

/** In whole units of an alignment mask. */
const whole = (size: number, alignMask: number): number => Math.ceil(size / (alignMask + 1)) * (alignMask + 1)

/**
 * Slots of the pool that the kernel makes at boot; 0: none.
 * Models: Linux v6.12 arch/arm64/mm/init.c: mem_init; kernel/dma/swiotlb.c: swiotlb_init_remap, swiotlb_adjust_size, round_up_default_nslabs
 */
export const defaultSlots = (
  policy: SwiotlbPolicy,
  { bounceAreas, bounceNoforce }: KernelFacts,
  ramBytes: number,
  topOfRam: number,
): number => {
  if (policy.mode === 'noforce' && bounceNoforce === 'none') return 0
  const needed = topOfRam - 1 > policy.dmaLimit
  const forSmall = policy.bouncesKmalloc && policy.kmallocPool
  if (!needed && policy.mode !== 'force' && !forSmall) return 0
  // Small buffers alone need little: 1 MiB for each GiB of RAM, unless the command line asked for another size.
  const clamps = !needed && forSmall && policy.slots === DEFAULT_SLOTS
  const slots = clamps ? Math.min(policy.slots, Math.ceil(Math.ceil(ramBytes / 1024) / SLOT)) : policy.slots
  if (policy.mode === 'noforce') return SEGMENT
  if (!bounceAreas) return slots
  const least = Math.max(SEGMENT * policy.areas, slots)
  return 2 ** Math.ceil(Math.log2(least))
}

/** Next size to try when there is no memory for a pool of `slots`; undefined: the kernel does without. */
export const smallerPool = (slots: number): number | undefined =>
  slots <= LEAST_TRIED ? undefined : Math.ceil(slots / 2 / SEGMENT) * SEGMENT

/** IO_TLB_DEFAULT_SIZE, 64 MiB, in slots. */
const DEFAULT_SLOTS = 32768
/** IO_TLB_MIN_SLABS, 1 MiB: nothing smaller is tried after a failure. */
const LEAST_TRIED = 512
