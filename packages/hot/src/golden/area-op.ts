// What the hooks of the line vectors do to a range, by direction.
import { type CacheLineOp, DIR, type Direction } from '@dmalab/api'

/**
 * Inner cache operation of the ARMv7 hooks. `map`: before the device owns the range; `unmap`: when the CPU takes it back.
 *
 * Models: Linux v4.11 arch/arm/mm/cache-v7.S: v7_dma_map_area
 * Models: Linux v4.11 arch/arm/mm/cache-v7.S: v7_dma_unmap_area
 */
export function innerAreaOp(hook: 'map' | 'unmap', dir: Direction): CacheLineOp {
  if (hook === 'map') return dir === DIR.FROM_DEVICE ? 'invalidate' : 'clean'
  return dir === DIR.TO_DEVICE ? 'none' : 'invalidate'
}
