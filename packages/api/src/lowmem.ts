// Where the linear map of a 32-bit kernel ends when a board does not say: what the usual split leaves beside vmalloc space.
import type { KernelLayout, Range } from './machine.ts'

/** Address space between page offset and vmalloc space that the linear map does not use. */
const VMALLOC_OFFSET = 0x80_0000n
/** A 3:1 split with 240 MiB of vmalloc space. */
const USUAL = { pageOffset: 0xc000_0000n, vmalloc: { start: 0xf080_0000n } }

/**
 * Physical end of lowmem by default, exclusive: 768 MiB above the first bank with the usual split. Memory may end before.
 * Models: Linux v6.12 arch/arm/mm/mmu.c: adjust_lowmem_bounds
 */
export const defaultLowmemEnd = (memory: readonly Range[], layout: KernelLayout): number => {
  const { pageOffset = USUAL.pageOffset, vmalloc = USUAL.vmalloc } = layout
  return Math.min(...memory.map(({ base }) => base)) + Number(vmalloc.start - VMALLOC_OFFSET - pageOffset)
}
