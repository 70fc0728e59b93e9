// What one queue holds: struct vb2_queue, vb2_buffer and vb2_plane as far as they are modelled, and who it talks to.
import type {
  BufType,
  Device,
  DmaBuf,
  DmaBufCore,
  EventSink,
  KernelFacts,
  KernelVaddr,
  QueueSetup,
  UserMapping,
  V4l2Memory,
  Vb2Buffer,
  Vb2Mem,
  Vb2MemOps,
  Vb2State,
} from '@dmalab/api'

/** Bytes in a kernel mapping of a buffer: `position` is how far into the buffer they are. */
export interface KernelBytes {
  readonly at: KernelVaddr
  readonly owner: string
  readonly position: number
}

/** What a queue needs of the kernel around it. */
export interface QueueHost {
  readonly kernel: KernelFacts
  readonly dmaBuf: DmaBufCore
  readonly sink: EventSink
  allocator(name: string): Vb2MemOps
  call<T>(symbols: string | readonly string[], body: () => T): T
  printk(level: 'err' | 'warn' | 'info' | 'debug', text: string): void
  /** Minor number of a video node, by its name. */
  minor(node: string): number
  /** The start of a task's memory, in either direction. */
  copyToUser(user: UserMapping, from: KernelBytes, len: number): void
  copyFromUser(user: UserMapping, to: KernelBytes, len: number): void
  /** Told when the queue is gone. */
  released?(): void
}

export interface Plane {
  /** Bytes that the plane must have, as the format wants it. */
  readonly minLength: number
  length: number
  bytesused: number
  mem: Vb2Mem | null
  dbuf: DmaBuf | null
  dbufMapped: boolean
  user: UserMapping | null
}

export interface Buf {
  readonly index: number
  readonly memory: V4l2Memory
  readonly planes: readonly Plane[]
  state: Vb2State
  /** PREPARE_BUF was done: QBUF need not prepare again. */
  prepared: boolean
  timestamp: number
  /** Number of the picture since the stream began, as the driver counts. */
  sequence: number
  /** Interlacing of what the buffer holds; nobody has said while it was never filled. */
  field: 'ANY' | 'NONE'
  last: boolean
  /** The same buffer for the driver. */
  readonly view: Vb2Buffer
}

/** A user mapping of a plane; it outlives the buffer. */
interface PlaneMapping {
  readonly index: number
  readonly plane: number
  readonly mem: Vb2Mem
}

export interface QueueState {
  readonly host: QueueHost
  readonly ops: Vb2MemOps
  readonly device: Device
  readonly setup: QueueSetup
  readonly isOutput: boolean
  memory: V4l2Memory | undefined
  /** By index; REMOVE_BUFS leaves holes. */
  readonly bufs: Map<number, Buf>
  /** Memory was asked for as non-coherent. */
  nonCoherent: boolean
  /** In the order of QBUF, until DQBUF. */
  queued: Buf[]
  /** In the order of vb2_buffer_done. */
  done: Buf[]
  ownedByDriver: number
  /** The next buffer that is done has this number. */
  sequence: number
  streaming: boolean
  startStreamingCalled: boolean
  /** Capture: nothing was queued since STREAMON or REQBUFS. */
  waitingForBuffers: boolean
  lastBufferDequeued: boolean
  error: boolean
  mappings: PlaneMapping[]
  /** read(2) or write(2) is in progress: the ioctls are busy. */
  fileIo: FileIo | null
}

/** struct vb2_fileio_data. */
export interface FileIo {
  /** Buffer in hand, and how far it was read or written. */
  current: { readonly index: number; readonly size: number; pos: number } | null
  /** Output: the next buffer that was never queued. */
  fresh: number
}

/** enum v4l2_buf_type. */
export const BUF_TYPE: Readonly<Record<BufType, number>> = {
  VIDEO_CAPTURE: 1,
  VIDEO_OUTPUT: 2,
  VIDEO_CAPTURE_MPLANE: 9,
  VIDEO_OUTPUT_MPLANE: 10,
}

/** VB2_MAX_FRAME. */
export const MAX_BUFFERS = 32

/** The queue's buffers in the order of their index. */
export const buffersOf = (q: QueueState): Buf[] => [...q.bufs.values()].toSorted((a, b) => a.index - b.index)

/** The mem_priv of a plane. @throws Error when it has none: a bug of ours */
export const memOf = (plane: Pick<Plane, 'mem'>): Vb2Mem => {
  if (plane.mem === null) throw new Error('the plane has no memory')
  return plane.mem
}
