// drivers/media and drivers/dma-buf: what releases changed. The MEDIA_* facts say the same.
import type { ReleaseRecord } from '../release-record.ts'
import { ALL } from './arches.ts'

export const MEDIA_RECORDS: readonly ReleaseRecord[] = [
  {
    id: 'vb2-non-coherent-flag',
    since: '5.16',
    arches: ALL,
    source: 'drivers/media/common/videobuf2/videobuf2-dma-contig.c: vb2_dc_alloc, vb2_dc_prepare',
    proof: 'source',
    before: { media: { nonCoherentFlag: false, allocFailure: 'dma_alloc_coherent of size' } },
    after: { media: { nonCoherentFlag: true, allocFailure: 'dma alloc of size' } },
    seen: 'A buffer that has a table is synced when it is queued; now only one that was asked for as non-coherent is. The text of a failed allocation is another.',
    touches: ['vb2'],
  },
  {
    id: 'vb2-userptr-pfnmap',
    since: '6.1',
    arches: ALL,
    source: 'drivers/media/common/videobuf2/frame_vector.c: get_vaddr_frames',
    proof: 'source',
    before: { media: { userptrPfnMap: 'followed' } },
    after: { media: { userptrPfnMap: 'refused' } },
    seen: 'USERPTR takes the frames of a VM_PFNMAP mapping; now it is refused.',
    touches: ['vb2'],
  },
  {
    id: 'dma-buf-attachment-lock',
    since: '6.2',
    arches: ALL,
    source:
      'drivers/media/common/videobuf2/videobuf2-dma-contig.c: vb2_dc_map_dmabuf; drivers/dma-buf/dma-buf.c: dma_buf_map_attachment_unlocked',
    proof: 'source',
    before: { media: { attachmentLock: false } },
    after: { media: { attachmentLock: true } },
    seen: 'Importers map without the reservation lock; now they take it, which shows in call paths.',
    touches: ['oops'],
  },
  {
    id: 'vb2-many-buffers',
    since: '6.8',
    arches: ALL,
    source:
      'drivers/media/common/videobuf2/videobuf2-core.c: vb2_core_reqbufs, vb2_core_queue_init; videobuf2-core.c: __setup_offsets',
    proof: 'source',
    before: { media: { reqbufsFloor: 'queued', driverMaxBuffers: false, mmapOffsets: 'stacked' } },
    after: { media: { reqbufsFloor: 'queued-plus-one', driverMaxBuffers: true, mmapOffsets: 'indexed' } },
    seen: 'A queue has at most 32 buffers, and REQBUFS gives at least what the driver needs queued; now drivers may have more, REQBUFS gives one more, and mmap offsets are made of the index.',
    touches: ['vb2'],
  },
  {
    id: 'vb2-remove-bufs',
    since: '6.10',
    arches: ALL,
    source: 'drivers/media/common/videobuf2/videobuf2-v4l2.c: vb2_ioctl_remove_bufs',
    proof: 'source',
    before: { media: { removeBufs: false } },
    after: { media: { removeBufs: true } },
    seen: 'There is no VIDIOC_REMOVE_BUFS; now there is.',
    touches: [],
  },
  {
    id: 'vb2-dmabuf-planes',
    since: '6.12',
    arches: ALL,
    source: 'drivers/media/common/videobuf2/videobuf2-core.c: __prepare_dmabuf',
    proof: 'source',
    before: { media: { dmabufPlanes: 'in-turn' } },
    after: { media: { dmabufPlanes: 'shared' } },
    seen: 'Each plane of a DMABUF is looked up and attached in turn; now all are looked up first and share an attachment, and a refused import keeps their references.',
    touches: ['vb2-import'],
  },
]
