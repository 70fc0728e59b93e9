// Small kmalloc() buffers: which of them may share cache lines with their neighbours and must not be mapped where they lie.
import { DIR, type Direction, type KernelFacts, type SgTable } from '@dmalab/api'

/** Sizes that kmalloc() rounds up to below two times ARCH_DMA_MINALIGN. */
const KMALLOC_BUCKETS = [8, 16, 32, 64, 96, 128, 192, 256]
const TWICE_DMA_MINALIGN = 256

/** What decides for one device. */
export interface KmallocBounce {
  readonly facts: KernelFacts
  readonly coherent: boolean
  /** dma_get_cache_alignment, bytes. */
  readonly cacheAlignment: number
}

/**
 * The kernel does not know where a buffer came from: size and direction alone decide.
 *
 * Models: Linux v6.12 include/linux/dma-map-ops.h: dma_kmalloc_needs_bounce
 * Models: Linux v6.12 include/linux/dma-map-ops.h: dma_kmalloc_safe, dma_kmalloc_size_aligned
 */
export const kmallocNeedsBounce = (
  { facts, coherent, cacheAlignment }: KmallocBounce,
  size: number,
  dir: Direction,
): boolean => {
  if (facts.swiotlb?.bouncesKmalloc !== true || coherent || dir === DIR.TO_DEVICE) return false
  if (size >= TWICE_DMA_MINALIGN || size === 0) return false
  const bucket = KMALLOC_BUCKETS.find((bytes) => bytes >= size) ?? size
  return bucket % cacheAlignment !== 0
}

/** Any of the first `nents` entries; a list of longer ones takes one look at the shortest. */
export const kmallocSgNeedsBounce = (parts: KmallocBounce, list: SgTable, nents: number, dir: Direction): boolean => {
  if (parts.facts.swiotlb?.bouncesKmalloc !== true || parts.coherent) return false
  if (list.shortest(nents) >= TWICE_DMA_MINALIGN) return false
  for (let i = 0; i < nents; i++) if (kmallocNeedsBounce(parts, list.entry(i).length, dir)) return true
  return false
}
