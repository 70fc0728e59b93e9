// From CPU physical addresses to bus addresses and back, as the kernel computes it for a device.
import type { DeviceFacts, DmaAddr, DmaRange, KernelFacts, PhysAddr } from '@dmalab/api'

/** phys_to_dma() and dma_to_phys() of one device; undefined where no window matches. */
export interface Windows {
  toDma(at: PhysAddr): DmaAddr | undefined
  toPhys(at: DmaAddr): PhysAddr | undefined
}

/** The arithmetic of this kernel: one offset for all addresses (dma_pfn_offset), or a list of windows (dma_range_map). */
export const windowsOf = (device: DeviceFacts, facts: KernelFacts): Windows => {
  const ranges = device.dmaRanges ?? []
  const first = ranges[0]
  if (first === undefined) return { toDma: (at) => at as number as DmaAddr, toPhys: (at) => at as number as PhysAddr }
  return facts.busWindows === 'one-offset' ? oneOffset(first, 2 ** (8 * facts.dmaAddrSize)) : rangeMap(ranges)
}

/**
 * Window by window, the first match wins.
 * Models: Linux v6.12 include/linux/dma-direct.h: translate_phys_to_dma, translate_dma_to_phys
 */
const rangeMap = (ranges: readonly DmaRange[]): Windows => ({
  toDma(at) {
    for (const r of ranges) if (at >= r.cpu && at - r.cpu < r.len) return (r.bus + (at - r.cpu)) as DmaAddr
    return undefined
  },
  toPhys(at) {
    for (const r of ranges) if (at >= r.bus && at - r.bus < r.len) return (r.cpu + (at - r.bus)) as PhysAddr
    return undefined
  },
})

/**
 * The offset of the first window serves every address; what lies outside it wraps around.
 * Models: Linux v4.11 arch/arm/include/asm/dma-mapping.h: pfn_to_dma, dma_to_pfn; drivers/of/device.c: of_dma_configure
 */
const oneOffset = (range: DmaRange, wrap: number): Windows => {
  const offset = range.cpu - range.bus
  return {
    toDma: (at) => wrapped(at - offset, wrap) as DmaAddr,
    toPhys: (at) => wrapped(at + offset, wrap) as PhysAddr,
  }
}

/** No sum with `wrap` where none is needed: 2^64 and a page have no exact sum. */
const wrapped = (at: number, wrap: number): number => (at < 0 ? at + wrap : at >= wrap ? at - wrap : at)
