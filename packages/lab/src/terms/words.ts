// Words of reports: verdicts, kinds of assumptions, and what errnos mean where DMA memory is concerned.
import type { AssumptionKind, Errno, Verdict } from '@dmalab/api'

export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  works: 'every step was done, every picture arrived, and every byte of it was right',
  refused: 'a call came back with an errno, and user space gave up; the report names step, errno and cause',
  fault: 'the modelled kernel faulted; the report has the call path that a console would show',
  stalled: 'the modelled kernel waits for something that never comes',
  corrupt: 'pictures arrived with wrong bytes, or a device reached memory that is not of its buffer',
  unknown:
    'something decides the case that was only assumed: the report says what, why, and how to state it; --assume accepts it',
}

export const ASSUMPTION_WORDS: Readonly<Record<AssumptionKind, string>> = {
  driver:
    'which kernel driver a device has is not known, only its class; --bind, or driver: in a board file, states it',
  mask: 'how many address bits a device drives is not stated; maskBits: in a board file states it',
  memory:
    'how much memory there is, where it lies, or how long a cache line is was guessed; --memory or a board file states it',
  element: 'what an element does with the buffers that pass it is not known; --bind gives its work to a device',
  release: 'the release is not modelled, and one near it that is stands in; --kernel names one that is',
  format: 'size or pixel format of pictures are not in the line; a caps filter, --size or --format states them',
}

/** In the sense that the functions of DMA memory, dma-buf, vb2 and DRM return them. */
export const ERRNO_WORDS: Readonly<Record<Errno, string>> = {
  EPERM: 'not allowed',
  ENOENT: 'there is no such object, device file or plane',
  EINTR: 'interrupted by a signal',
  EIO: 'a mapping failed, or a device did not do its work',
  ENXIO: 'memory without struct page has no scatterlist, or an offset lies beyond a buffer',
  EBADF: 'the descriptor is not open',
  EAGAIN: 'nothing is there yet; try again',
  ENOMEM: 'no memory: CMA, a pool, or pages of that order; the report says which, in sizes',
  EACCES: 'the descriptor or the mapping does not allow it',
  EFAULT: 'the buffer does not lie in one piece for a device that needs that, or user memory is not there',
  EBUSY: 'in use: buffers exist, pages are pinned, or a mapping is live',
  EEXIST: 'it is there already',
  ENODEV: 'there is no such device, or the kernel was built without it',
  EINVAL: 'an argument, a mode or a dma-buf that this driver does not take',
  ENFILE: 'no file can be opened in the whole system',
  EMFILE: 'the task has as many descriptors as it may have',
  ENOTTY: 'the driver does not have this ioctl',
  ENOSPC: 'no place is left: of bus addresses, slots or a table',
  ESPIPE: 'this file has no position',
  EPIPE: 'the last buffer has been taken',
  ERANGE: 'a value outside what can be said',
  EBADR: 'a descriptor of a request that is none',
  ETIME: 'a fence was waited for and was not signaled in time',
  EOVERFLOW: 'a sum does not fit its type',
  ENOBUFS: 'no buffer is left',
  EOPNOTSUPP: 'the operation does not exist for this memory',
  ETIMEDOUT: 'what was waited for did not come',
  EREMOTEIO: 'memory of another device cannot be reached from here (peer to peer)',
}

/** Names that `diagnose` gives to what the model shows. */
export const MODEL_WORDS: Readonly<Record<string, string>> = {
  'model-works':
    'the model runs the line on that board and kernel, and nothing goes wrong: the mistake lies in what it does not see',
  reach: 'a device of the board does not reach all memory: what lies beyond is bounced, or cannot be mapped',
}
