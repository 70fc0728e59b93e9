// Memory of the queue's own: the largest blocks the page allocator has, down to single pages.
import type { KResult, Pfn } from '@dmalab/api'
import type { Block, SgContext } from './sg-buf.ts'

/**
 * Zeroed blocks of falling order that add up to `size` (whole pages). ENOMEM: not even single pages are left; nothing stays taken.
 *
 * Blocks of a system that has run for a while do not lie side by side; our page allocator would hand them out so. A page between
 * two blocks, given back at the end, keeps them apart where memory is to be scattered.
 *
 * Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-sg.c: vb2_dma_sg_alloc_compacted
 */
export const allocCompacted = ({ api, host }: SgContext, size: number, owner: string): KResult<Block[]> => {
  const { ok, orderOf, PAGE_SIZE, physOf } = api
  const blocks: Block[] = []
  const spacers: Pfn[] = []
  const giveBack = (): void => {
    for (const spacer of spacers) host.mem.freePages(spacer, PAGE_SIZE)
  }
  let left = size
  let order = Infinity
  while (left > 0) {
    const fitting = PAGE_SIZE * 2 ** orderOf(left) > left ? orderOf(left) - 1 : orderOf(left)
    order = Math.min(order, fitting)
    const len = PAGE_SIZE * 2 ** order
    const block = host.mem.allocPages(len, { owner })
    if (!block.ok) {
      if (order > 0) {
        order -= 1
        continue
      }
      giveBack()
      freeBlocks({ api, host }, blocks)
      return block
    }
    host.mem.memset(host.mem.linearAddress(physOf(block.value)), 0, len)
    blocks.push({ first: block.value, len })
    left -= len
    if (!host.mem.scattered) continue
    const spacer = host.mem.allocPages(PAGE_SIZE)
    if (spacer.ok) spacers.push(spacer.value)
  }
  giveBack()
  return ok(blocks)
}

export const freeBlocks = ({ host }: SgContext, blocks: readonly Block[]): void => {
  for (const { first, len } of blocks) host.mem.freePages(first, len)
}

/** Page frames of the blocks, in the order of the buffer. */
export const framesOf = ({ api }: SgContext, blocks: readonly Block[]): Pfn[] =>
  blocks.flatMap(({ first, len }) => Array.from({ length: api.pagesFor(len) }, (_, i) => api.pfn(first + i)))
