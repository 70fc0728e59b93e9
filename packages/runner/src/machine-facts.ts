// Facts of a kernel that the machine under it decides at boot.
import type { Arch, KernelFacts, Machine } from '@dmalab/api'

const U32_MAX = 2 ** 32 - 1

/** What the processor and the tree decide. */
export const machineFacts = (facts: KernelFacts, machine: Machine): KernelFacts =>
  memoryTypes(zoneFacts(machine.cpu.cacheOps === 'none' ? withoutCacheOps(facts) : facts, machine), machine)

/** Models: Linux v6.12 arch/riscv/include/asm/pgtable-64.h: riscv_page_nocache, riscv_page_io */
const memoryTypes = (facts: KernelFacts, { cpu }: Machine): KernelFacts =>
  cpu.svpbmt === false ? { ...facts, cachedRemaps: true } : facts

const NOTHING = ['none', 'none', 'none', 'none'] as const

/**
 * Devices that do not snoop are served all the same; the kernel takes the alignment of DMA buffers for 1, so none bounces for it.
 * Models: Linux v6.12 arch/riscv/mm/dma-noncoherent.c: riscv_set_dma_cache_alignment
 */
const withoutCacheOps = (facts: KernelFacts): KernelFacts => ({
  ...facts,
  arch: { ...facts.arch, cache: { ...facts.arch.cache, forDevice: NOTHING, forCpu: NOTHING } },
  swiotlb: facts.swiotlb === null ? null : { ...facts.swiotlb, bouncesKmalloc: false },
})

/**
 * The end of the DMA zone, and with it the bounce pool's size and place, and where CMA and atomic pools lie: the lowest address that
 * some window for DMA ends at, and at most 4 GiB where there is memory below.
 * Models: Linux v6.12 arch/arm64/mm/init.c: zone_sizes_init
 */
const zoneFacts = (facts: KernelFacts, machine: Machine): KernelFacts => {
  if (facts.zoneDmaLimit === null || facts.zoneDmaEnd === 'fixed' || facts.zoneDmaEnd === 'lowmem') return facts
  const start = Math.min(...machine.memory.map(({ base }) => base))
  const tree = machine.dmaLimit ?? lowestWindowEnd(machine)
  const limits =
    facts.zoneDmaEnd === 'dma-ranges'
      ? rangesLimits(start, tree, facts.zoneDmaLimit)
      : bitsLimits(start, Math.min(tree, facts.zoneDmaLimit))
  return {
    ...facts,
    zoneDmaLimit: limits.zone,
    swiotlb: facts.swiotlb === null ? null : { ...facts.swiotlb, dmaLimit: limits.low },
  }
}

/** What zone_dma_limit or zone_dma_bits mean, and where memory for everybody ends. */
interface ZoneLimits {
  readonly zone: number
  readonly low: number
}

const rangesLimits = (start: number, tree: number, most: number): ZoneLimits => {
  const zone = start < U32_MAX ? Math.min(tree, most) : tree
  return { zone, low: zone }
}

/**
 * The zone is told in address bits: a window's end counts as the next power of two, and memory that begins beyond it extends the zone.
 * Models: Linux v6.1 arch/arm64/mm/init.c: zone_sizes_init, max_zone_phys
 */
const bitsLimits = (start: number, limit: number): ZoneLimits => {
  const zone = 2 ** BigInt(limit).toString(2).length - 1
  if (start > U32_MAX) return { zone, low: Infinity }
  return { zone, low: start > zone ? U32_MAX : zone }
}

/**
 * A board file tells windows a device, not a bus.
 * Models: Linux v6.12 drivers/of/address.c: of_dma_get_max_cpu_address
 */
const lowestWindowEnd = ({ devices }: Machine): number =>
  Math.min(
    ...devices.flatMap(({ dmaRanges }) =>
      dmaRanges === undefined ? [] : [Math.max(...dmaRanges.map(({ cpu, len }) => cpu + len - 1))],
    ),
  )

/** Where every device snoops, no board says otherwise. Models: Linux v6.12 include/linux/dma-map-ops.h: dev_is_dma_coherent */
export const asArchHasIt = (machine: Machine, { snoops }: Arch): Machine =>
  snoops === 'always'
    ? { ...machine, devices: machine.devices.map((device) => ({ ...device, coherent: true })) }
    : machine
