// The data of 32-bit ARM as v4.11 had it, for tests of memory alone: no DMA code.
import type { Arch } from '@dmalab/api'

export const ARM: Arch = {
  name: 'arm-v4.11',
  board: 'arm',
  source: 'test',
  pointerBits: 32,
  highmem: true,
  pfnValid: 'memblock',
  dmaMinAlign: 64,
  snoops: 'when-told',
  allocatesCoherent: true,
  poolsNeedNoMap: true,
  layout: {
    pageOffset: 0xc000_0000n,
    vmalloc: { start: 0xf080_0000n, end: 0xff80_0000n },
    pageArray: 0xeeff_8000n,
    entrySize: 32,
    image: { base: 0, len: 32 * 2 ** 20 },
    lowKept: 0,
  },
  cache: {
    forDevice: ['clean', 'clean', 'invalidate', 'clean'],
    forCpu: ['invalidate', 'none', 'invalidate', 'invalidate'],
    symbols: { clean: ['v7_dma_clean_range'], invalidate: ['v7_dma_inv_range'], flush: ['v7_dma_flush_range'] },
    invalidatesTwice: false,
    marksClean: 'pages',
  },
  oops: {
    memcpy: 'memcpy',
    pageFault: ({ nullPointer, address }) => [
      `Unable to handle kernel ${nullPointer ? 'NULL pointer dereference' : 'paging request'} at virtual address ${address}`,
      `[${address}] *pgd=00000000`,
    ],
    externalAbort: (address) => [`Unhandled fault: external abort on non-linefetch at 0x${address}`],
    backtrace: (path) => path,
  },
  syscallPath: [],
  attach: () => {
    throw new Error('memory calls no DMA code')
  },
}
