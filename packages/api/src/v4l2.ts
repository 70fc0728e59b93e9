// The ioctls of a queue with all that they carry: what videobuf2-v4l2.c has, and files stand on.
import type { KResult } from './errno.ts'
import type { UserMapping } from './ops.ts'

export type V4l2Memory = 'MMAP' | 'USERPTR' | 'DMABUF'
export type BufType = 'VIDEO_CAPTURE' | 'VIDEO_OUTPUT' | 'VIDEO_CAPTURE_MPLANE' | 'VIDEO_OUTPUT_MPLANE'
/** enum v4l2_memory as user space may ask for it: vb2 has no overlay, and no type lies beyond the enumeration. */
export type V4l2MemoryWish = V4l2Memory | 'OVERLAY' | 'UNKNOWN'
/** enum v4l2_buf_type as user space may name it: the video types, or one that no queue has. */
export type BufTypeWish = BufType | 'VIDEO_OVERLAY'
/** One plane given to QBUF or PREPARE_BUF. */
export interface QbufPlane {
  readonly fd?: number
  readonly user?: UserMapping
  readonly bytesused?: number
  readonly length?: number
  /** Multi-planar only: bytes before the picture. */
  readonly dataOffset?: number
}

/** struct v4l2_buffer, as far as it is modelled. `timestamp` carries the frame number. */
export interface Qbuf {
  readonly index: number
  readonly memory: V4l2MemoryWish
  readonly planes?: readonly QbufPlane[]
  readonly timestamp?: number
  /** Queue with a media request, where the kernel knows them (since v4.20): EBADR, EPERM, EBUSY, EINVAL. */
  readonly requestFd?: number
  /** V4L2_BUF_FLAG_* that user space sets (BUF_FLAG), 0 unless given. */
  readonly flags?: number
  /** enum v4l2_field; ANY unless given. */
  readonly field?: number
}

export interface Dqbuf {
  readonly index: number
  readonly bytesused: readonly number[]
  readonly timestamp: number
  readonly error: boolean
  readonly last: boolean
  /** As user space gets it: what the buffer was when it left the queue. */
  readonly info: V4l2BufferInfo
}

/** struct v4l2_buffer as the kernel fills it in. */
export interface V4l2BufferInfo {
  readonly index: number
  readonly memory: V4l2Memory
  /** BUF_FLAG bits. */
  readonly flags: number
  readonly field: number
  readonly planes: readonly {
    readonly length: number
    readonly bytesused: number
    readonly dataOffset: number
    /** union m: what mmap takes (MMAP), the fd (DMABUF), the address (USERPTR); 0 until it is stated. */
    readonly m: number
  }[]
}

/**
 * A queue as videobuf2-v4l2.c has it: every function with the buffer type and the raw values that an ioctl carries. The helpers of
 * files (vb2_ioctl_*, v4l2_m2m_ioctl_*) stand on it.
 */
export interface V4l2Queue {
  readonly type: BufType
  /** q->owner: the file that has buffers here; null while none has. */
  owner: object | null
  readonly numBuffers: number
  readonly maxNumBuffers: number
  /** vb2_is_busy: buffers have been asked for. */
  readonly busy: boolean
  readonly fileIoActive: boolean
  readonly streaming: boolean
  /** Nothing is queued, here or with the driver, and the last buffer has not been dequeued either. */
  readonly idle: boolean
  /** The driver has read(2) (capture) or write(2) (output). */
  readonly offersFileIo: boolean
  /** The driver has VIDIOC_REMOVE_BUFS. */
  readonly offersRemoveBufs: boolean
  readonly error: boolean
  /** BUF_CAP bits of REQBUFS; CREATE_BUFS adds MAX_NUM_BUFFERS. */
  readonly capabilities: number
  /** EINVAL; EBUSY while read(2) or write(2) is in progress. */
  verifyMemoryType(memory: V4l2MemoryWish, type: BufTypeWish): KResult<void>
  /** `flags` and the answer's: 1 is V4L2_MEMORY_FLAG_NON_COHERENT. */
  reqbufs(ask: V4l2Ask): KResult<{ readonly count: number; readonly flags: number }>
  createBufs(
    ask: V4l2Ask & { readonly sizes: readonly number[] },
  ): KResult<{ readonly index: number; readonly count: number; readonly flags: number }>
  removeBufs(index: number, count: number): KResult<void>
  /** `planes` is the length of the array that user space brings; a single-planar queue takes none. */
  querybuf(type: BufTypeWish, index: number, planes: number): KResult<V4l2BufferInfo>
  expbuf(type: BufTypeWish, index: number, plane: number, flags: number): KResult<number>
  qbuf(type: BufTypeWish, given: Qbuf): KResult<V4l2BufferInfo>
  prepareBuf(type: BufTypeWish, given: Qbuf): KResult<V4l2BufferInfo>
  dqbuf(type: BufTypeWish): KResult<Dqbuf>
  streamon(type: BufTypeWish): KResult<void>
  streamoff(type: BufTypeWish): KResult<void>
  /** mmap(2) of `len` bytes at an offset that QUERYBUF gave. EINVAL, EBUSY. */
  mmap(offset: number, len: number): KResult<UserMapping>
  munmap(mapping: UserMapping): void
  /** Is this a mapping of one of the queue’s buffers? */
  maps(mapping: UserMapping): boolean
  /** poll(2) for reading and writing; starts read(2) or write(2) on a queue that has no buffers. */
  poll(): readonly PollEvent[]
  /** Something is done: DQBUF would not wait. */
  readonly done: boolean
  read(user: UserMapping | null, len: number): KResult<number>
  write(user: UserMapping | null, len: number): KResult<number>
  /** vb2_queue_release: the queue as it was made, but for what the format and the last memory model left. */
  release(): void
}

export type PollEvent = 'IN' | 'OUT' | 'ERR'

/** struct v4l2_requestbuffers and the head of struct v4l2_create_buffers. */
export interface V4l2Ask {
  readonly type: BufTypeWish
  readonly memory: V4l2MemoryWish
  readonly count: number
  readonly flags: number
}
