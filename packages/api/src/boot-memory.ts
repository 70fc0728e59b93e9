// What a kernel makes of a machine's memory at boot, for DMA.
import type { Range } from './machine.ts'

export interface BootMemory {
  /** Last address of the DMA zone; null where the kernel has none. */
  readonly dmaZoneEnd: number | null
  /** The bounce pool made at boot; null where there is none. */
  readonly swiotlb: (Range & { readonly slots: number; readonly forced: boolean }) | null
  /** The default CMA area. */
  readonly cma: Range | null
  /** Memory for allocations that may not sleep, a pool a zone. */
  readonly atomicPools: readonly (Range & { readonly zone: string })[]
}
