// Findings about what is never given back, and about pools, dma-bufs, fences and video buffers.
import type { Explanation } from './explanation.ts'

export const LIFETIME = {
  'leak-mapping': {
    what: 'A mapping was never undone although the driver is unbound, or the run is over.',
    why: 'IOVA space, IOMMU mappings and swiotlb slots run out: the classic way to `swiotlb buffer is full`. The device can still reach the memory after it has another owner.',
    source: 'kernel/dma/debug.c: dma_debug_device_change (at unbind)',
    fixes: ['unmap in completion, error and remove paths', 'stop the device before unmapping what it may still use'],
  },
  'leak-coherent': {
    what: 'Coherent memory was never freed although the driver is unbound, or the run is over. Memory that was unmapped as if it were a streaming mapping is among them.',
    why: 'The memory is lost until the next boot; small pools and CMA run out soon.',
    source: 'kernel/dma/debug.c: dma_debug_device_change (at unbind)',
    fixes: ['free with dma_free_coherent, or allocate with dmam_alloc_coherent'],
  },
  'leak-dma-buf': {
    what: 'A dma-buf was never released: an fd or a reference is still held. Only a model run can show it.',
    why: 'The exporter’s buffer stays allocated; REQBUFS(0) orphans it instead of freeing.',
    source: 'drivers/dma-buf/dma-buf.c: dma_buf_release',
    fixes: ['close every exported fd', 'pair dma_buf_get with dma_buf_put'],
  },
  'leak-attachment': {
    what: 'A device is still attached to a dma-buf that was released, or at the end of the run.',
    why: 'The kernel warns at release; the attachment points to freed memory.',
    source: 'drivers/dma-buf/dma-buf.c: dma_buf_release',
    fixes: ['unmap and detach before the last dma_buf_put'],
  },
  'unbind-pending': {
    what: 'A driver was unbound while dma-debug still had entries of its device. The count is dma-debug’s own: one for each mapped segment, leftovers of wrong unmaps included.',
    why: 'See leak-mapping; the findings beside this one name each block.',
    source: 'kernel/dma/debug.c: dma_debug_device_change',
    fixes: ['unmap and free everything in remove'],
  },
  'live-at-end': {
    what: 'Mapped or allocated when the log stops. This is not a leak: logs stop while things are in use.',
    why: 'Rings and descriptor pools live as long as their driver. Compare two logs if the number grows.',
    source: 'the log',
    fixes: [
      'trace an unbind (`echo DEV > unbind`) and write a marker "unbind end" to trace_marker: what is left then is a leak',
    ],
  },
  'pool-double-free': {
    what: 'Memory was given back to a per-device pool that it does not hold. Frees to such pools are not traced: only a model run can show it.',
    why: 'The pool is a bitmap: it hands out the memory again while it is in use.',
    source: 'kernel/dma/coherent.c: __dma_release_from_coherent',
    fixes: ['free once, with the size it was allocated with'],
  },
  'pool-overlap': {
    what: 'A per-device pool handed out memory that is still in use.',
    why: 'Two users share one buffer. An earlier wrong free is the cause.',
    source: 'kernel/dma/coherent.c: __dma_alloc_from_coherent',
    fixes: ['look for a free with a wrong address or size'],
  },
  'dma-buf-use-after-put': {
    what: 'A dma-buf was looked up, attached or put after its release.',
    why: 'Use after free.',
    source: 'drivers/dma-buf/dma-buf.c',
    fixes: ['hold a reference for as long as the pointer is kept'],
  },
  'dma-buf-detach-unattached': {
    what: 'An attachment was detached that this dma-buf does not have.',
    why: 'A list is corrupted, or another device loses its attachment.',
    source: 'drivers/dma-buf/dma-buf.c: dma_buf_detach',
    fixes: ['detach once; clear the pointer'],
  },
  'fence-never-signaled': {
    what: 'A task waits for a fence that was not signaled by the end of the run.',
    why: 'The pipeline stalls; with implicit fences every other user of the buffer stalls too.',
    source: 'drivers/dma-buf/dma-fence.c: dma_fence_default_wait',
    fixes: ['signal in the error path too', 'signal fences of cancelled jobs with an error'],
  },
  'fence-signaled-twice': {
    what: 'A fence was signaled twice.',
    why: 'The second signal belonged to another job, whose work was reported done before it was.',
    source: 'drivers/dma-buf/dma-fence.c: dma_fence_signal',
    fixes: ['one fence a job'],
  },
  'fence-order': {
    what: 'Fences of one timeline were signaled out of order.',
    why: 'Waiters take a signaled fence for the end of everything before it on the timeline.',
    source: 'include/linux/dma-fence.h: dma_fence_is_later',
    fixes: ['a context for each independent queue'],
  },
  'vb2-state': {
    what: 'A video buffer was done while the driver did not have it, or was dequeued before it was done.',
    why: 'User space reads a frame that is still being written, or the queue’s lists are corrupted.',
    source: 'drivers/media/common/videobuf2/videobuf2-core.c: vb2_buffer_done',
    fixes: ['call vb2_buffer_done once for each buf_queue', 'return all buffers in stop_streaming'],
  },
} as const satisfies Record<string, Explanation>
