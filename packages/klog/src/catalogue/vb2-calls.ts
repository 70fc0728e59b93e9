// videobuf2: calls that it refuses or that do not balance, and mmap().
//
// Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-dma-contig.c: vb2_dc_mmap, vb2_dc_unmap_dmabuf
// Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-core.c: vb2_core_qbuf, vb2_core_streamon, vb2_mmap
// Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-v4l2.c: vb2_warn_zero_bytesused
// Models: Linux v6.1 drivers/media/v4l2-core/videobuf-dma-contig.c: __videobuf_mmap_mapper
import { entries } from './entry.ts'

export const VB2_CALLS = entries([
  {
    id: 'vb2-pin',
    kind: 'problem',
    title: 'an imported buffer was mapped or unmapped twice',
    forms: [
      ['3.8+', 'trying to pin a non attached buffer'],
      ['3.8+', 'dmabuf buffer is already pinned'],
      ['3.8+', 'trying to unpin a not attached buffer'],
      ['3.8+', 'dmabuf buffer is already unpinned'],
    ],
    source: 'drivers/media/common/videobuf2/videobuf2-dma-contig.c: vb2_dc_map_dmabuf, vb2_dc_unmap_dmabuf',
    cause:
      'vb2 was to map (pin) an imported buffer that is mapped already or not attached, or to unmap one that is not mapped: prepare and cleanup of that queue are out of step',
    next: 'does the driver call vb2 for a queue from two contexts without its lock?',
    fixes: ['hold the lock of the queue around all calls', 'give each buffer back once'],
  },
  {
    id: 'vb2-mmap-failed',
    kind: 'problem',
    title: 'a buffer could not be mapped for user space',
    forms: [
      ['3.x+', 'Remapping memory, error: {err:dec}'],
      ['3.x+', 'Remapping vmalloc memory, error: {err:dec}'],
      ['3.x+', 'No buffer to map'],
      ['3.x+', 'No memory to map'],
      ['3.x+', 'Address of an unallocated plane requested or cannot map user pointer'],
      ['3.x+', 'invalid vma flags, VM_{flag:word} needed'],
      ['3.x+', 'MMAP invalid, as it would overflow buffer length'],
      ['2.6.28 to 6.5', 'mmap: remap failed with error {err:dec}.'],
      ['2.6.28 to 6.5', 'memory is not allocated/mmapped.'],
      ['2.6.28 to 6.5', 'videobuf_map_sg failed'],
    ],
    source: 'drivers/media/common/videobuf2: the mmap functions of the allocators',
    cause: ({ fields }) =>
      fields.has('flag')
        ? `mmap() of a buffer without ${fields.text('flag') === 'SHARED' ? 'MAP_SHARED' : `PROT_${fields.text('flag')}`}: vb2 refuses it with -EINVAL`
        : 'mmap() of a buffer failed: it is not allocated, its offset or length is not what VIDIOC_QUERYBUF said, or the pages of the buffer cannot be mapped',
    next: 'offset and length of the mmap() call against VIDIOC_QUERYBUF',
    fixes: [
      'map with the offset and length of VIDIOC_QUERYBUF, MAP_SHARED, PROT_READ and PROT_WRITE as the queue needs',
    ],
  },
  {
    id: 'vb2-queue-state',
    kind: 'problem',
    title: 'a call that the queue is not in the state for',
    forms: [
      ['4.x+', 'fatal error occurred on queue'],
      ['3.x+', 'driver refused to start streaming'],
      ['3.x+', 'buffer preparation failed: {err:dec}'],
      ['4.x+', 'buffer {index:dec} not in dequeued state'],
      ['3.x+', 'no buffers have been allocated'],
      ['3.x to 6.x', 'need at least {count:dec} allocated buffers'],
      ['3.x+', 'maximum number of buffers already allocated'],
      ['3.x+', 'queue is not currently set up for mmap'],
      ['4.x+', 'queue in wrong mode (qbuf vs requests)'],
      ['4.x+', 'qbuf requires a request'],
      ['3.x+', 'another dup()ped fd is waiting for a buffer'],
      ['4.x+', 'invalid buffer state {state:word}'],
    ],
    source: 'drivers/media/common/videobuf2/videobuf2-core.c: vb2_core_qbuf, vb2_core_streamon',
    cause: ({ fields }) =>
      fields.has('count')
        ? `STREAMON with fewer than ${fields.text('count')} buffers allocated`
        : 'an ioctl came in a state where vb2 refuses it (a buffer that is queued already, STREAMON without buffers, a device that has failed); the answer is an errno. Printed with debug of videobuf2 only',
    next: 'which ioctl failed, with which errno? `v4l2-ctl --log-status`, or strace of the program',
    fixes: ['queue a buffer once, and again only after DQBUF', 'stop, and set the queue up again, after a fatal error'],
  },
  {
    id: 'vb2-bytesused',
    kind: 'harmless',
    title: 'bytesused of 0',
    forms: [
      ['4.1+', 'use of bytesused == 0 is deprecated and will be removed in the future,'],
      ['4.1+', 'use VIDIOC_DECODER_CMD(V4L2_DEC_CMD_STOP) instead.', 'more'],
      ['4.1+', 'use the actual size instead.', 'more'],
    ],
    source: 'drivers/media/common/videobuf2/videobuf2-v4l2.c: vb2_warn_zero_bytesused',
    cause:
      'harmless: a program queues an output buffer with bytesused 0, which means the whole buffer or the end of the stream',
    next: 'nothing, unless the stream does not end',
    fixes: ['state bytesused'],
  },
])
