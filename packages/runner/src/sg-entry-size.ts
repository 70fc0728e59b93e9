// sizeof(struct scatterlist) when patches add members: natural alignment, in the order of the header.
import type { KernelFacts } from '@dmalab/api'

/** Models: Linux v4.11 include/linux/scatterlist.h: struct scatterlist */
export const sgEntrySize = (
  facts: Pick<KernelFacts, 'arch' | 'dmaAddrSize' | 'sgDmaLength'>,
  added: readonly { readonly bytes32: number; readonly bytes64: number }[],
): number => {
  const word = facts.arch === 'arm' ? 4 : 8
  const members = [
    word,
    4,
    4,
    facts.dmaAddrSize,
    ...(facts.sgDmaLength ? [4] : []),
    ...added.map((m) => (word === 4 ? m.bytes32 : m.bytes64)),
  ]
  const align = (at: number, to: number): number => Math.ceil(at / to) * to
  const end = members.reduce((at, size) => align(at, size) + size, 0)
  return align(end, Math.max(...members))
}
