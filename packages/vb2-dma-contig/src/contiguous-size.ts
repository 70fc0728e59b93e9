// How much of a mapped list one device sees as a single range.

/** A mapped entry: bus address and length as dma_map_sg left them. */
export interface MappedEntry {
  readonly address: number | bigint
  readonly length: number
}

/**
 * Bytes of the run of entries from the start in which each begins where the one before ended. Entries of length zero do not
 * break it. Addresses wrap at `addressBits`; they are bigints here because a 64-bit sum may pass 2^53.
 *
 * Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-contig.c: vb2_dc_get_contiguous_size
 */
export const contiguousSize = (entries: readonly MappedEntry[], addressBits: 32 | 64): number => {
  let size = 0
  let expected: bigint | undefined
  for (const { address, length } of entries) {
    const at = BigInt(address)
    if (expected !== undefined && at !== expected) break
    expected = BigInt.asUintN(addressBits, at + BigInt(length))
    size += length
  }
  return size
}
