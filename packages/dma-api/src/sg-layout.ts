// How the kernel lays out scatterlists in memory: the size of struct scatterlist, and the chunks a long list is chained from.
// The model keeps its own records in one run (hot); this arithmetic is what a list would need in the kernel.
import { fail, type KResult, ok, PAGE_SIZE } from '@dmalab/api'

export interface ScatterlistLayout {
  /** Bytes of unsigned long. */
  readonly word: 4 | 8
  /** Bytes of dma_addr_t. */
  readonly dmaAddr: 4 | 8
  /** CONFIG_DEBUG_SG, where it adds a member: sg_magic. */
  readonly magic?: boolean
  /** CONFIG_NEED_SG_DMA_LENGTH, CONFIG_NEED_SG_DMA_FLAGS. */
  readonly dmaLength: boolean
  readonly dmaFlags: boolean
  /** Bytes of further members that patches append, in order. */
  readonly extra?: readonly number[]
}

/** sizeof(struct scatterlist): members at their natural alignment. Models: Linux v6.12 include/linux/scatterlist.h: struct scatterlist */
export const scatterlistSize = (layout: ScatterlistLayout): number => {
  const members = [
    ...(layout.magic === true ? [layout.word] : []),
    layout.word, // page_link
    4, // offset
    4, // length
    layout.dmaAddr,
    ...(layout.dmaLength ? [4] : []),
    ...(layout.dmaFlags ? [4] : []),
    ...(layout.extra ?? []),
  ]
  const roundUp = (at: number, align: number): number => Math.ceil(at / align) * align
  const end = members.reduce((at, size) => roundUp(at, size) + size, 0)
  return roundUp(end, Math.max(...members))
}

/** SG_MAX_SINGLE_ALLOC: entries that fit one page. Models: Linux v6.12 include/linux/scatterlist.h: SG_MAX_SINGLE_ALLOC */
export const entriesPerChunk = (entrySize: number): number => Math.floor(PAGE_SIZE / entrySize)

/**
 * Sizes asked of the allocator, in order, for a list of `entries`: every chunk that another follows gives up its last slot for
 * the link. `first` is the size of a chunk the caller brings, or 0. EINVAL for no entries.
 * Models: Linux v6.12 lib/scatterlist.c: __sg_alloc_table
 */
export const chunkSizes = (entries: number, perChunk: number, first = 0): KResult<readonly number[]> => {
  if (entries === 0) return fail('EINVAL', 'a scatterlist needs at least one entry')
  const sizes: number[] = []
  let limit = first > 0 ? first : perChunk
  let brought = first > 0
  for (let left = entries; left > 0;) {
    const size = Math.min(left, limit)
    left -= left > limit ? size - 1 : size
    if (!brought) sizes.push(size)
    brought = false
    limit = perChunk
  }
  return ok(sizes)
}
