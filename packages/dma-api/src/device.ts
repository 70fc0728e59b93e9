// struct device as the DMA API keeps it: masks, windows, pools, and the children that own further memory regions.
import {
  type Cpu,
  devString,
  type Coherent,
  type CoherentPoolView,
  type Device,
  type DeviceFacts,
  type DmaAddr,
  type DmaOpsDef,
  type EventSink,
  fail,
  hex,
  type IovaCalls,
  type KernelFacts,
  type KernelMemory,
  type KResult,
  type Machine,
  ok,
  PAGE_SIZE,
  type PhysAddr,
  type ReservedRegion,
  type Swiotlb,
} from '@dmalab/api'
import { isCma } from '@dmalab/memory'
import { CoherentPool } from './coherent-pool.ts'
import { type Windows, windowsOf } from './windows.ts'

/** What this package keeps of a device. `facts`, masks and `pool` are what the contract shows of it. */
export interface DeviceState extends Device {
  readonly windows: Windows
  coherentPool: CoherentPool | null
  pool: CoherentPoolView | null
  /** DMA_MEMORY_EXCLUSIVE: a full pool fails the allocation, also on kernels that else fall back to general memory. */
  poolIsExclusive: boolean
  readonly memDevices: readonly DeviceState[]
  readonly cmaArea: string | undefined
  opsName: string
  /** It sees translated addresses. */
  translates: boolean
  /** dev->dma_io_tlb_mem, as this device uses it. */
  swiotlb: Swiotlb | null
  /** Masks that are not a run of ones, until a driver sets another. */
  oddMask: number | undefined
  oddCoherentMask: number | undefined
  /** dev->dma_iommu: how the device maps in two steps; null when it does not. */
  iova: IovaCalls | null
  /** dev->dma_skip_sync: sync calls return before they reach the op table. */
  skipSync: boolean
  /** The table that it is bound to. */
  takesTable(def: DmaOpsDef, facts: KernelFacts): void
}

export interface DeviceParts {
  readonly mem: KernelMemory
  readonly facts: KernelFacts
  printk(level: 'err' | 'warn' | 'info', text: string): void
}

/**
 * All devices of a machine with their pools and CMA areas. A device with one pool owns it; one with several memory regions has a child
 * for each, named after the region, as drivers make them (of_reserved_mem_device_init_by_idx).
 *
 * Models: Linux v6.12 kernel/dma/contiguous.c: rmem_cma_device_init
 */
export const createDevices = (machine: Machine, parts: DeviceParts): readonly DeviceState[] => {
  const pools = new Map<string, CoherentPool | null>()
  const regionOf = (name: string) => machine.reserved.find((region) => region.name === name)
  const isPool = (region: ReservedRegion | undefined): region is ReservedRegion =>
    region?.compatible === 'shared-dma-pool' && !region.reusable
  // With cma= the default region is ordinary memory again, and whoever names it gets the other default area.
  const isArea = (region: ReservedRegion | undefined): region is ReservedRegion =>
    region !== undefined && isCma(region) && !(parts.facts.cma !== null && region.default === 'cma')
  const poolOf = (region: ReservedRegion): CoherentPool | null => {
    const known = pools.get(region.name)
    if (known !== undefined) return known
    const pool = setUp(region, parts)
    pools.set(region.name, pool)
    return pool
  }
  return machine.devices.map((facts) => {
    const named = facts.pools.map(regionOf)
    const regions = parts.facts.devicePools ? named.filter(isPool) : []
    const areas = named.filter(isArea)
    const [onlyPool, onlyArea] = [regions, areas].map((list) => (list.length === 1 ? list[0] : undefined))
    // They are bound to no driver.
    const { driverName: _driver, ...plain } = facts
    const childOf = (region: ReservedRegion, pool: CoherentPool | null, cmaArea?: string): DeviceState =>
      makeDevice(
        { ...plain, name: `${facts.name}.${region.name}`, pools: [region.name] },
        { pool, cmaArea, memDevices: [] },
        parts,
      )
    const memDevices = [
      ...(regions.length < 2 ? [] : regions.map((region) => childOf(region, poolOf(region)))),
      ...(areas.length < 2 ? [] : areas.map((region) => childOf(region, null, region.name))),
    ]
    const pool = onlyPool === undefined ? null : poolOf(onlyPool)
    return makeDevice(facts, { pool, cmaArea: onlyArea?.name, memDevices }, parts)
  })
}

/** What memory-region gives a device. */
interface OwnMemory {
  readonly pool: CoherentPool | null
  readonly cmaArea: string | undefined
  readonly memDevices: readonly DeviceState[]
}

const makeDevice = (facts: DeviceFacts, own: OwnMemory, parts: DeviceParts): DeviceState => {
  const device = new OpenedDevice(facts, own, parts)
  warnOutOfReach(device, parts)
  return device
}

/** A class for its getters: a literal with any is another shape of object each time, and slow to read. */
class OpenedDevice implements DeviceState {
  readonly name: string
  readonly facts: DeviceFacts
  maskBits: number
  coherentMaskBits: number
  readonly windows: Windows
  coherentPool: CoherentPool | null
  pool: CoherentPoolView | null
  poolIsExclusive = true
  readonly memDevices: readonly DeviceState[]
  readonly cmaArea: string | undefined
  opsName = ''
  translates = false
  swiotlb: Swiotlb | null = null
  oddMask: number | undefined
  oddCoherentMask: number | undefined
  iova: IovaCalls | null = null
  skipSync = false

  constructor(facts: DeviceFacts, { pool, cmaArea, memDevices }: OwnMemory, parts: DeviceParts) {
    this.name = facts.name
    this.facts = facts
    this.maskBits = facts.maskBits
    this.coherentMaskBits = facts.coherentMaskBits ?? facts.maskBits
    this.windows = windowsOf(facts, parts.facts)
    this.coherentPool = pool
    this.pool = pool === null ? null : viewOf(pool, this.windows, parts.facts)
    this.memDevices = memDevices
    this.cmaArea = cmaArea
    this.oddMask = facts.oddMask
    this.oddCoherentMask = facts.oddCoherentMask
  }

  takesTable({ name, caps }: DmaOpsDef, { skipsNeedlessSync }: KernelFacts): void {
    this.opsName = name
    this.translates = caps.translates
    this.skipSync = skipsNeedlessSync && this.facts.coherent
  }
  get dmaMask(): number {
    return this.oddMask ?? maskOf(this.maskBits)
  }
  get coherentDmaMask(): number {
    return this.oddCoherentMask ?? maskOf(this.coherentMaskBits)
  }
}

/** 2^bits - 1, looked up: each mapping asks for it, and a power costs as much as the rest of its check. */
const maskOf = (bits: number): number => MASKS[bits] ?? 2 ** bits - 1
const MASKS = Array.from({ length: 65 }, (_, bits) => 2 ** bits - 1)

/**
 * dma_declare_coherent_memory(), and what reserved memory does instead (`deviceAddr` null). EINVAL, EBUSY.
 * Models: Linux v6.12 kernel/dma/coherent.c: dma_declare_coherent_memory, dma_assign_coherent_memory
 */
export const declareCoherentMemory = (
  device: DeviceState,
  parts: DeviceParts,
  at: PhysAddr,
  deviceAddr: DmaAddr | null,
  size: number,
): KResult<void> => {
  if (!parts.facts.devicePools) return fail('EINVAL', 'this kernel has no per-device pools')
  if (device.coherentPool !== null) return fail('EBUSY', `${device.name} has pool ${device.coherentPool.name}`)
  const made = newPool(parts, `${device.name} coherent memory`, at, size)
  if (!made.ok) return made
  const view = viewOf(made.value, device.windows, parts.facts)
  device.coherentPool = made.value
  device.poolIsExclusive = deviceAddr === null
  device.pool = deviceAddr === null ? view : { ...view, deviceBase: deviceAddr }
  return ok(undefined)
}

/**
 * The kernel's mapping of the memory goes too; whoever still has a block of it is not asked.
 * Models: Linux v6.12 kernel/dma/coherent.c: dma_release_coherent_memory, _dma_release_coherent_memory
 */
export const releaseCoherentMemory = (device: DeviceState): void => {
  device.coherentPool?.destroy()
  device.coherentPool = null
  device.poolIsExclusive = true
  device.pool = null
}

/**
 * A block of the device's pool; undefined when it has none.
 * Models: Linux v6.12 kernel/dma/coherent.c: dma_alloc_from_dev_coherent
 */
export const allocFromPool = (
  { coherentPool, pool }: DeviceState,
  size: number,
  owner: string,
): KResult<Coherent & { readonly phys: PhysAddr }> | undefined => {
  if (coherentPool === null || pool === null) return undefined
  const block = coherentPool.alloc(size, owner)
  if (!block.ok) return block
  const { page, cpuAddr, phys } = block.value
  return ok({ cpuAddr, handle: blockAddress(pool, page), phys })
}

/** The pool as this device sees it. Models: Linux v6.12 kernel/dma/coherent.c: dma_get_device_base */
const viewOf = (pool: CoherentPool, windows: Windows, facts: KernelFacts): CoherentPoolView => ({
  name: pool.name,
  virtBase: pool.virtBase,
  deviceBase: facts.poolIgnoresWindows ? plain(pool.physBase) : (windows.toDma(pool.physBase) ?? ALL_ONES),
  physBase: pool.physBase,
  pages: pool.pages,
})

/** Bus address of a page of the pool. Where no window matches, the all-ones base wraps around, as the kernel's sum does. */
const blockAddress = (pool: CoherentPoolView, page: number): DmaAddr =>
  (pool.deviceBase === ALL_ONES && page > 0 ? page * PAGE_SIZE - 1 : pool.deviceBase + page * PAGE_SIZE) as DmaAddr

const plain = (at: PhysAddr): DmaAddr => at as number as DmaAddr
/** What phys_to_dma() returns when no window matches, on a 64-bit bus; the nearest number. */
const ALL_ONES = (2 ** 64 - 1) as DmaAddr

/**
 * Prepares a `shared-dma-pool`; null when the kernel refuses, which a driver may overlook.
 * Models: Linux v6.12 kernel/dma/coherent.c: rmem_dma_setup, rmem_dma_device_init
 */
const setUp = (region: ReservedRegion, parts: DeviceParts): CoherentPool | null => {
  if (!region.noMap && parts.facts.arch.poolsNeedNoMap) {
    parts.printk('err', 'Reserved memory: regions without no-map are not yet supported')
    return null
  }
  if (!region.noMap) {
    parts.printk('warn', `memremap attempted on ram ${hex(region.base)} size: ${hex(region.len)}`)
    return null
  }
  const made = newPool(parts, region.name, region.base as PhysAddr, region.len)
  if (made.ok) return made.value
  parts.printk('err', `Reserved memory: failed to init DMA memory pool: ${made.why}`)
  return null
}

const newPool = ({ mem, facts }: DeviceParts, name: string, at: PhysAddr, size: number): KResult<CoherentPool> =>
  CoherentPool.init(mem, { name, phys: at, size, lengthIsInt: facts.poolLengthIsInt })

/** Models: Linux v6.12 kernel/dma/coherent.c: rmem_dma_device_init (its warning) */
const warnOutOfReach = (device: DeviceState, parts: DeviceParts): void => {
  const { pool } = device
  if (pool === null) return
  const limit = Math.min(2 ** device.coherentMaskBits - 1, device.facts.busLimit ?? Infinity)
  if (pool.physBase + pool.pages * PAGE_SIZE - 1 > limit)
    parts.printk('warn', `${devString(device)}: reserved memory is beyond device's set DMA address range`)
}

/**
 * Devices that do not snoop, under a processor that maintains no caches: they are served all the same.
 * Models: Linux v6.12 arch/riscv/mm/dma-noncoherent.c: arch_setup_dma_ops
 */
export const warnUnmaintained = (devices: readonly Device[], { cacheOps }: Cpu, sink: EventSink): void => {
  for (const device of cacheOps === 'none' ? devices.filter(({ facts }) => !facts.coherent) : []) {
    const text = `${devString(device)}: device non-coherent but no non-coherent operations supported`
    sink.emit({ event: 'printk', level: 'warn', text })
  }
}
