// Pools for coherent allocations that may not sleep: memory prepared at boot, since mapping it uncached may block.
import {
  type ArchDma,
  type Balance,
  type AtomicMemory,
  type AtomicPoolPolicy,
  type AtomicRequest,
  type BootMemory,
  type EventSink,
  fail,
  type KernelFacts,
  type KernelVaddr,
  type KResult,
  ok,
  orderOf,
  PAGE_SIZE,
  type Pfn,
  physOf,
} from '@dmalab/api'
import type { Memory } from '@dmalab/memory'
import { GenPool } from './gen-pool.ts'

export interface AtomicPools {
  alloc(device: string, size: number, request: AtomicRequest): KResult<AtomicMemory>
  free(cpuAddr: KernelVaddr, size: number): boolean
  /** The work item that refills, if one is scheduled. */
  work(): void
  /** Bytes lent. A pool that has grown keeps its memory and the mapping of it: both count as free. */
  balance(): Balance
  /** Where they lie, before any has grown. */
  places(): BootMemory['atomicPools']
}

export interface AtomicPoolParts {
  readonly memory: Memory
  readonly facts: KernelFacts
  readonly sink: EventSink
  readonly arch: ArchDma
}

type Zone = AtomicRequest['zone']

/** One pool; the memory of its chunks is mapped when it is first used. */
interface ZonePool {
  readonly zone: Zone
  readonly gfp: string
  readonly pool: GenPool
  /** Memory taken at boot that no chunk was made of yet. */
  spare: { readonly pfn: Pfn; readonly len: number } | undefined
}

const OWNER = 'atomic DMA pool'
const KIB = 2 ** 10
const GIB = 2 ** 30
const MAX_ORDER = 10
/** DEFAULT_DMA_COHERENT_POOL_SIZE of arch/arm, and the least of kernel/dma/pool.c. */
const ARM_SIZE = 256 * KIB
const LEAST = 128 * KIB
const DMA32_END = 2 ** 32 - 1

/**
 * 128 KiB for each GiB of memory, in powers of two from 128 KiB to the largest block.
 *
 * Models: Linux v6.12 kernel/dma/pool.c: dma_atomic_pool_init
 */
const atomicPoolSize = ({ kind, size }: AtomicPoolPolicy, totalRam: number): number => {
  if (size !== null && size > 0) return size
  if (kind === 'single') return ARM_SIZE
  const pages = Math.floor(totalRam / PAGE_SIZE / (GIB / LEAST))
  return Math.max(Math.min(pages, 2 ** MAX_ORDER) * PAGE_SIZE, LEAST)
}

/** Undefined for a kernel that keeps none. */
export const openAtomicPools = (parts: AtomicPoolParts): AtomicPools | undefined => {
  const { memory, facts, sink } = parts
  const policy = facts.atomicPools
  if (policy === null) return undefined
  const size = atomicPoolSize(policy, memory.totalRam)
  const pools = policy.kind === 'single' ? [singlePool(parts, size)] : zonePools(parts, size)
  const present = pools.filter((each) => each !== undefined)
  let scheduled = false

  const allocFrom = (
    zonePool: ZonePool,
    len: number,
    { owner, reachable }: AtomicRequest,
  ): AtomicMemory | undefined => {
    mapSpare(parts, zonePool)
    const block = zonePool.pool.alloc(len)
    if (block === undefined) return undefined
    if (reachable?.(block.phys, len) === false) {
      zonePool.pool.free(block.cpuAddr, len)
      return undefined
    }
    if (policy.kind === 'zones' && zonePool.pool.available < size) scheduled = true
    memory.own(block.phys, len, owner)
    memory.memset(block.cpuAddr, 0, len)
    return block
  }

  return {
    /**
     * Models: Linux v6.12 kernel/dma/pool.c: dma_alloc_from_pool, __dma_alloc_from_pool
     * Models: Linux v6.12 arch/arm/mm/dma-mapping.c: __alloc_from_pool
     */
    alloc(device, len, request) {
      const order = policy.kind === 'single' ? present : guesses(present, request.zone)
      for (const pool of order) {
        const got = allocFrom(pool, len, request)
        if (got !== undefined) return ok(got)
      }
      const text = order.length === 0 ? `Failed to get suitable pool for ${device}` : `DMA pool exhausted for ${device}`
      if (policy.kind === 'zones' && (request.quiet !== true || facts.atomicPoolWarns || order.length === 0))
        sink.emit({ event: 'printk', level: 'warn', text })
      return fail('ENOMEM', `${text}: no ${len} bytes for an allocation that may not sleep`)
    },

    /** Models: Linux v6.12 kernel/dma/pool.c: dma_free_from_pool */
    free(cpuAddr, len) {
      for (const { pool } of present) {
        const at = pool.physOf(cpuAddr, len)
        if (at === undefined) continue
        pool.free(cpuAddr, len)
        memory.own(at, len, OWNER)
        return true
      }
      return false
    },

    /** Each pool that runs low doubles. Models: Linux v6.12 kernel/dma/pool.c: atomic_pool_work_fn, atomic_pool_resize */
    work() {
      if (!scheduled) return
      scheduled = false
      for (const zonePool of present) {
        mapSpare(parts, zonePool)
        if (zonePool.pool.available >= size) continue
        zonePool.spare = expand(parts, zonePool.zone, zonePool.pool.size, (len, options) =>
          memory.allocContiguous(len, options),
        )
        mapSpare(parts, zonePool)
      }
    },

    places: () =>
      present.flatMap(({ zone, spare }) =>
        spare === undefined ? [] : [{ zone, base: spare.pfn * PAGE_SIZE, len: spare.len }],
      ),

    balance() {
      const total = (of: (one: ZonePool) => number): number => present.reduce((sum, one) => sum + of(one), 0)
      return new Map([
        ['bytes of atomic pools', total(({ pool }) => pool.size - pool.available)],
        ['bytes of free memory', total(({ pool, spare }) => pool.size + (spare?.len ?? 0))],
        ['kernel mappings', -total(({ pool }) => pool.chunkCount)],
      ])
    },
  }
}

/** Which pools are tried, in order. Models: Linux v6.12 kernel/dma/pool.c: dma_guess_pool */
const guesses = (pools: readonly ZonePool[], zone: Zone): readonly ZonePool[] => {
  const of = (name: Zone) => pools.filter((pool) => pool.zone === name)
  const afterDma32 = of('dma')
  if (zone === 'dma32' && of('dma32').length > 0) return [...of('dma32'), ...afterDma32]
  if (zone === 'dma' && of('dma').length > 0) return of('dma')
  return [...of('normal'), ...of('dma32'), ...afterDma32]
}

const zonePools = (parts: AtomicPoolParts, size: number): (ZonePool | undefined)[] => {
  const { memory, facts } = parts
  const dmaLimit = facts.zoneDmaLimit
  const hasDma = dmaLimit !== null && memory.layout.managed.some(({ base }) => base <= dmaLimit)
  return [
    zonePool(parts, 'normal', 'GFP_KERNEL', size),
    hasDma ? zonePool(parts, 'dma', 'GFP_KERNEL|GFP_DMA', size) : undefined,
    zonePool(parts, 'dma32', 'GFP_KERNEL|GFP_DMA32', size),
  ]
}

/** Models: Linux v6.12 kernel/dma/pool.c: __dma_atomic_pool_init */
const zonePool = (parts: AtomicPoolParts, zone: Zone, gfp: string, size: number): ZonePool | undefined => {
  const spare = expand(parts, zone, size, (len, options) => parts.memory.takeContiguous(len, options))
  const kib = (spare?.len ?? size) / KIB
  const text =
    spare === undefined
      ? `DMA: failed to allocate ${kib} KiB ${gfp} pool for atomic allocation`
      : `DMA: preallocated ${kib} KiB ${gfp} pool for atomic allocations`
  parts.sink.emit({ event: 'printk', level: spare === undefined ? 'err' : 'info', text })
  return spare === undefined ? undefined : { zone, gfp, pool: new GenPool(), spare }
}

/** Models: Linux v6.12 arch/arm/mm/dma-mapping.c: atomic_pool_init */
const singlePool = ({ memory, sink }: AtomicPoolParts, size: number): ZonePool | undefined => {
  const len = Math.ceil(size / PAGE_SIZE) * PAGE_SIZE
  const got = memory.takeContiguous(len, { owner: OWNER })
  const text = got.ok
    ? `DMA: preallocated ${len / KIB} KiB pool for atomic coherent allocations`
    : `DMA: failed to allocate ${len / KIB} KiB pool for atomic coherent allocation`
  sink.emit({ event: 'printk', level: got.ok ? 'info' : 'err', text })
  return got.ok ? { zone: 'normal', gfp: '', pool: new GenPool(), spare: { pfn: got.value, len } } : undefined
}

type Take = (len: number, options: { readonly owner: string }) => KResult<Pfn>

/**
 * Memory of a zone, from the default CMA area if that lies in it; of a smaller order when there is no such block.
 *
 * Models: Linux v6.12 kernel/dma/pool.c: atomic_pool_expand, cma_in_zone
 */
const expand = ({ memory, facts }: AtomicPoolParts, zone: Zone, size: number, take: Take): ZonePool['spare'] => {
  const dma = facts.zoneDmaLimit ?? 0
  const end = { dma, dma32: Math.max(DMA32_END, dma), normal: Infinity }[zone]
  const cma = memory.defaultCma
  const inZone = cma !== undefined && cma.base + cma.len - 1 <= end
  for (let order = Math.min(orderOf(size), MAX_ORDER); order >= 0; order--) {
    const len = PAGE_SIZE * 2 ** order
    const fromCma = inZone ? take(len, { owner: OWNER }) : undefined
    if (fromCma?.ok === true) return { pfn: fromCma.value, len }
    const pages = memory.allocPages(len, { owner: OWNER, ...(end === Infinity ? {} : { limit: end }) })
    if (pages.ok) return { pfn: pages.value, len }
  }
  return undefined
}

/** No dirty line is left, then it is mapped uncached: from here on the memory serves devices that do not snoop. */
const mapSpare = ({ memory, arch }: AtomicPoolParts, zonePool: ZonePool): void => {
  const { spare } = zonePool
  if (spare === undefined) return
  zonePool.spare = undefined
  const at = physOf(spare.pfn)
  arch.prepCoherent(at, spare.len)
  const window = memory.remap(at, spare.len, 'uncached')
  if (window.ok) zonePool.pool.add(window.value, at, spare.len)
  else memory.freeContiguous(spare.pfn, spare.len)
}
