// videobuf2 and its allocators.
//
// Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-core.c: __vb2_queue_cancel, __vb2_queue_free, vb2_start_streaming
// Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-core.c: __prepare_dmabuf, __prepare_userptr, vb2_verify_memory_type
// Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-contig.c: vb2_dc_map_dmabuf, vb2_dc_get_userptr, vb2_dc_get_base_sgt
// Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-sg.c: vb2_dma_sg_map_dmabuf, vb2_dma_sg_attach_dmabuf
import { bytes } from '@dmalab/api'
import { entries } from './entry.ts'

const CONTIGUOUS = [
  'allocate from the importer or a CMA heap (linux,cma)',
  'put the importer behind an IOMMU',
  'use the dma-sg allocator',
]

/** The line, and the warning that older releases print without it. */
export const OWNED = {
  cause:
    'stop_streaming (or a start_streaming that failed) did not give all buffers back: those still owned by the driver were not returned with vb2_buffer_done(). The device may still write them while they are freed',
  next: 'does the driver return every queued and active buffer in stop_streaming, and in the error path of start_streaming (as QUEUED)?',
  fixes: [
    'return all buffers: ERROR in stop_streaming, QUEUED in a start_streaming that fails',
    'stop the device first',
  ],
}

export const MEDIA = entries([
  {
    id: 'vb2-not-contiguous',
    kind: 'problem',
    title: 'a scattered buffer for a device that needs one piece',
    forms: [
      ['3.8+', 'contiguous chunk is too small {have:dec}/{need:dec}'],
      ['3.8+', 'contiguous mapping is too small {have:dec}/{need:dec}'],
    ],
    source: 'drivers/media/common/videobuf2/videobuf2-dma-contig.c: vb2_dc_map_dmabuf, vb2_dc_get_userptr',
    cause: ({ fields }) =>
      `the first ${bytes(fields.num('have'))} of ${bytes(fields.num('need'))} are contiguous for this device, and it needs all of them in one piece; vb2 answers -EFAULT`,
    next: 'where was the buffer allocated (GPU, system heap, udmabuf, malloc), and is the importer behind an IOMMU?',
    fixes: CONTIGUOUS,
    code: 'mapping-failed',
  },
  {
    id: 'vb2-map-failed',
    kind: 'problem',
    title: 'an imported buffer could not be mapped',
    forms: [
      ['3.8+', 'failed to map dmabuf for plane {plane:dec}'],
      ['3.8+', 'failed to map scatterlist'],
      ['3.8+', 'Error getting dmabuf scatterlist'],
      ['3.8+', 'failed to attach dmabuf'],
      ['3.8 to 5.x', 'failed acquiring dmabuf memory for plane {plane:dec}'],
      ['3.8+', 'failed acquiring userspace memory for plane {plane:dec}'],
      ['any', 'acquiring userspace memory for plane {plane:dec} failed'],
    ],
    source:
      'drivers/media/common/videobuf2/videobuf2-core.c: __prepare_dmabuf; videobuf2-dma-contig.c: vb2_dc_map_dmabuf',
    cause: ({ near }) =>
      near('vb2-not-contiguous')
        ? 'the buffer is not contiguous for the importer (see the line before)'
        : near('swiotlb-full') || near('dma-overflow')
          ? 'the exporter could not map the buffer for this importer: bounce buffer or mask (see the line before)'
          : 'map_dma_buf of the exporter, or the check of the importer, refused the buffer; vb2 answers -EINVAL or -EFAULT whatever the reason was',
    next: 'one line up: not contiguous, swiotlb, or the mask',
    fixes: ['remove that cause', ...CONTIGUOUS.slice(0, 1)],
    code: 'mapping-failed',
  },
  {
    id: 'vb2-no-scatterlist',
    kind: 'problem',
    title: 'the exporter has no scatterlist',
    forms: [['3.8+', 'failed to get scatterlist from DMA API']],
    source: 'drivers/media/common/videobuf2/videobuf2-dma-contig.c: vb2_dc_get_base_sgt',
    cause:
      'dma_get_sgtable refused: memory of a per-device pool without struct pages, or an op table that cannot make one. VIDIOC_EXPBUF answers -EINVAL',
    next: 'where does the exporting device get its memory? `dmalab board facts FILE.dtb`',
    fixes: [
      'export from another device',
      'a CMA region instead of a no-map pool',
      'a newer kernel exports it, and importers that do cache maintenance then fault',
    ],
    code: 'page-less-export',
  },
  {
    id: 'vb2-length',
    kind: 'problem',
    title: 'the buffer is too small for the format',
    forms: [
      ['3.8+', 'invalid dmabuf length {have:dec} for plane {plane:dec}, minimum length {need:dec}'],
      ['3.8 to 4.x', 'invalid dmabuf length for plane {plane:dec}'],
      ['3.x+', 'provided buffer size {have:dec} is less than setup size {need:dec} for plane {plane:dec}'],
    ],
    source: 'drivers/media/common/videobuf2/videobuf2-core.c: __prepare_dmabuf',
    cause: ({ fields }) =>
      `plane ${fields.text('plane')} ${fields.has('need') ? `needs ${fields.text('need')} bytes, the buffer has ${fields.text('have')}` : 'needs more bytes than the buffer has'}: it is too small, because padding or stride differ between producer and consumer`,
    next: 'compare the formats, strides and sizes of both sides (VIDIOC_G_FMT)',
    fixes: ['allocate with the requirements of the consumer', 'export from the device with the larger need'],
  },
  {
    id: 'vb2-owned-by-driver',
    kind: 'problem',
    title: 'a driver kept buffers behind stop_streaming',
    forms: [
      ['3.15+', 'driver bug: stop_streaming operation is leaving buf {buffer:word} in active state'],
      ['6.8+', 'driver bug: stop_streaming operation is leaving buffer {buffer:word} in active state'],
      ['3.8+', 'driver bug: start_streaming'],
    ],
    source: 'drivers/media/common/videobuf2/videobuf2-core.c: __vb2_queue_cancel',
    ...OWNED,
    code: 'device-access-after-unmap',
  },
  {
    id: 'vb2-unbalanced',
    kind: 'problem',
    title: 'calls of a driver do not balance',
    forms: [
      ['3.14+', 'counters for queue {queue:word}, buffer {buffer:dec}: UNBALANCED!'],
      ['3.14+', 'counters for queue {queue:word}: UNBALANCED!'],
      ['6.x+', 'unbalanced counters for queue {queue:word}, buffer {buffer:dec}:'],
      ['6.x+', 'unbalanced counters for queue {queue:word}:'],
      ['3.14+', 'setup: {setup:dec} start_streaming: {start:dec} stop_streaming: {stop:dec}', 'more'],
      ['3.14+', 'wait_prepare: {waitPrepare:dec} wait_finish: {waitFinish:dec}', 'more'],
      ['6.2+', 'prepare_streaming: {prepareStreaming:dec} unprepare_streaming: {unprepareStreaming:dec}', 'more'],
      [
        '3.14+',
        'buf_init: {init:dec} buf_cleanup: {cleanup:dec} buf_prepare: {prepare:dec} buf_finish: {finish:dec}',
        'more',
      ],
      ['3.14 to 6.x', 'buf_init: {init:dec} buf_cleanup: {cleanup:dec}', 'more'],
      ['3.14+', 'buf_prepare: {prepare:dec} buf_finish: {finish:dec}', 'more'],
      [
        '3.14+',
        'buf_out_validate: {validate:dec} buf_queue: {queued:dec} buf_done: {done:dec} buf_request_complete: {complete:dec}',
        'more',
      ],
      ['3.14+', 'buf_queue: {queued:dec} buf_done: {done:dec}', 'more'],
      [
        '3.14+',
        'alloc: {alloc:dec} put: {put:dec} prepare: {memPrepare:dec} finish: {memFinish:dec} mmap: {mmap:dec}',
        'more',
      ],
      ['3.14 to 6.x', 'alloc: {alloc:dec} put: {put:dec}', 'more'],
      ['3.14+', 'prepare: {memPrepare:dec} finish: {memFinish:dec}', 'more'],
      ['3.14+', 'get_userptr: {getUser:dec} put_userptr: {putUser:dec}', 'more'],
      [
        '3.14+',
        'attach_dmabuf: {attach:dec} detach_dmabuf: {detach:dec} map_dmabuf: {map:dec} unmap_dmabuf: {unmap:dec}',
        'more',
      ],
      ['3.14 to 6.x', 'attach_dmabuf: {attach:dec} detach_dmabuf: {detach:dec}', 'more'],
      ['3.14+', 'map_dmabuf: {map:dec} unmap_dmabuf: {unmap:dec}', 'more'],
      [
        '3.14 to 6.x',
        'get_dmabuf: {getBuf:dec} num_users: {users:dec} vaddr: {vaddr:dec} cookie: {cookie:dec}',
        'more',
      ],
      ['3.14 to 6.x', 'get_dmabuf: {getBuf:dec} num_users: {users:dec}', 'more'],
    ],
    source: 'drivers/media/common/videobuf2/videobuf2-core.c: __vb2_queue_free',
    cause:
      'counted with CONFIG_VIDEO_ADV_DEBUG: calls that belong together (prepare and finish, attach and detach, map and unmap, start and stop) were unbalanced over the life of the queue. A buffer or mapping leaks, or is given back twice',
    next: 'the lines below say which counters differ',
    fixes: ['return buffers in every error path of the driver'],
    code: 'leak-attachment',
  },
  {
    id: 'vb2-mode-unsupported',
    kind: 'problem',
    title: 'the queue does not do this',
    forms: [
      ['3.x+', 'USERPTR for current setup unsupported'],
      ['3.8+', 'DMABUF for current setup unsupported'],
      ['3.x+', 'MMAP for current setup unsupported'],
      ['5.x+', 'memory model mismatch'],
      ['5.10+', 'memory coherency model mismatch'],
      ['3.x to 4.20', 'memory in use, cannot free'],
      ['3.8+', 'queue does not support DMA buffer exporting'],
    ],
    source: 'drivers/media/common/videobuf2/videobuf2-core.c: vb2_verify_memory_type',
    cause:
      'the queue does not have this io mode (MMAP, USERPTR or DMABUF), or the call does not fit the mode that it was set up with; the answer is -EINVAL or -EBUSY',
    next: 'VIDIOC_REQBUFS capabilities list what the queue takes',
    fixes: ['use a supported io mode (`io-mode=` in GStreamer)', 'unmap buffers and close exported fds before REQBUFS'],
  },
  {
    id: 'vb2-orphaned',
    kind: 'harmless',
    title: 'buffers are freed while in use elsewhere',
    forms: [['5.0+', 'memory in use, orphaning buffers']],
    source: 'drivers/media/common/videobuf2/videobuf2-core.c: vb2_core_reqbufs',
    cause:
      'harmless: REQBUFS came while exported or mapped buffers are open; their memory stays until the last user closes it',
    next: 'are exported fds closed some time? Else their memory is lost',
    fixes: ['close exported fds before REQBUFS'],
  },
  {
    id: 'vb2-bad-fd',
    kind: 'problem',
    title: 'QBUF with a file descriptor that is not a dma-buf',
    forms: [['3.8+', 'invalid dmabuf fd for plane {plane:dec}']],
    source: 'drivers/media/common/videobuf2/videobuf2-core.c: __prepare_dmabuf',
    cause: ({ fields }) => `the fd for plane ${fields.text('plane')} is closed, or no dma-buf`,
    next: 'who closes the fd, and when?',
    fixes: ['keep the fd open until QBUF has returned'],
  },
  {
    id: 'vb2-memory-failed',
    kind: 'problem',
    title: 'vb2 got no memory for its buffers',
    forms: [
      ['3.x+', 'failed to alloc sg table'],
      ['3.x+', 'failed to allocate sg table'],
      ['3.x+', 'failed to initialize sg table'],
      ['3.x+', 'memory alloc for buffer struct failed'],
      ['3.x+', 'failed allocating memory for buffer {buffer:dec}'],
      ['3.x+', 'vb2_core_reqbufs: memory allocation failed'],
      ['3.x+', 'vb2_core_create_bufs: memory allocation failed'],
      ['3.x', '__reqbufs: memory allocation failed'],
    ],
    source: 'drivers/media/common/videobuf2/videobuf2-core.c: __vb2_queue_alloc',
    cause: ({ near }) =>
      `REQBUFS or CREATE_BUFS got no memory for its buffers${near('driver-alloc-failed') || near('cma-alloc-failed') ? ' (the lines before say which allocator refused)' : ''}`,
    next: 'the lines before: CMA, the page allocator, a pool',
    fixes: ['fewer or smaller buffers', 'enlarge that area'],
    code: 'mapping-failed',
  },
  {
    id: 'vb2-segment-size',
    kind: 'problem',
    title: 'a device whose segment size cannot be set',
    forms: [['4.18+', 'Failed to set max_seg_size: dma_parms is NULL']],
    source: 'drivers/media/common/videobuf2/videobuf2-dma-contig.c: vb2_dma_contig_set_max_seg_size',
    cause: 'the device has no dma_parms, so contiguous buffers above 64 KiB may be split',
    next: 'which struct device does the driver give to vb2?',
    fixes: ['use the bus device'],
    code: 'sg-segment-too-long',
  },
])
