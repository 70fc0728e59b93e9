// What rules about call traces share: the heads of splats, the functions of the DMA API, and who called them.
import type { Seen } from './entry.ts'

export const FAULT = ['fault-paging', 'fault-oops']
export const ANY = [...FAULT, 'fault-bug', 'fault-stall']
export const WARNING = ['fault-warning']
/** Begins of the DMA API's own functions. */
export const DMA = [
  'dma_',
  'swiotlb_',
  'iommu_dma_',
  'arm_dma_',
  'arm_iommu_',
  '__dma_',
  '__iommu_dma',
  '__swiotlb',
  'arm_coherent_',
  'debug_dma_',
  'arch_sync_dma',
  'arch_dma_',
]

/** The function that called the DMA API. */
export const caller = ({ trace }: Seen): string => {
  const last = trace.findLastIndex((name) => DMA.some((prefix) => name.startsWith(prefix)))
  return trace[last + 1] ?? 'a driver'
}

export const NO_PAGE_FIXES = [
  'do not map or sync coherent memory of a no-map pool (import with SKIP_CPU_SYNC)',
  'use a reusable (CMA) region: it has struct pages',
]
