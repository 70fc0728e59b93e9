// Drivers without hardware, which every kernel can load, in the variants that the models of this project have.
import { capture, converter, driver, MMAP_DMABUF, MMAP_USERPTR_DMABUF, output } from './rows.ts'

const VIVID = 'drivers/media/test-drivers/vivid/vivid-core.c'
const VIM2M = 'drivers/media/test-drivers/vim2m.c'
/** vivid takes read(2) and write(2), whatever the allocator. */
const CONTIG = { memory: MMAP_DMABUF, fileIo: true } as const
const SG = { memory: MMAP_USERPTR_DMABUF, allocator: 'vb2-dma-sg', fileIo: true } as const
const VMALLOC = { memory: MMAP_USERPTR_DMABUF, allocator: 'vb2-vmalloc', fileIo: true } as const
const M2M = { fileIo: false } as const

export const TEST_DRIVERS = [
  ...driver('vivid-dma-contig', VIVID, { note: 'allocators=1' }, ['', capture(CONTIG), output(CONTIG)]),
  ...driver('vivid-dma-contig-mplane', VIVID, { note: 'allocators=1 multiplanar=2' }, [
    '',
    capture({ ...CONTIG, multiplanar: true }),
    output({ ...CONTIG, multiplanar: true }),
  ]),
  ...driver('vivid-dma-sg', VIVID, { note: 'over videobuf2-dma-sg.c' }, ['', capture(SG), output(SG)]),
  ...driver('vivid-vmalloc', VIVID, { note: 'allocators=0' }, ['', capture(VMALLOC), output(VMALLOC)]),
  ...driver('vivid-vmalloc-mplane', VIVID, { note: 'allocators=0 multiplanar=2' }, [
    '',
    capture({ ...VMALLOC, multiplanar: true }),
    output({ ...VMALLOC, multiplanar: true }),
  ]),
  ...driver('vim2m', VIM2M, {}, ['', converter({ ...VMALLOC, ...M2M })]),
  ...driver('vim2m-dma-contig', VIM2M, { note: 'over videobuf2-dma-contig.c' }, [
    '',
    converter({ memory: MMAP_USERPTR_DMABUF }),
  ]),
  ...driver('vim2m-dma-sg', VIM2M, { note: 'over videobuf2-dma-sg.c' }, ['', converter({ ...SG, ...M2M })]),
]
