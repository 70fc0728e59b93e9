// What one queue holds: struct vb2_queue, vb2_buffer and vb2_plane as far as they are modelled, and who it talks to.
import {
  type BufType,
  type Device,
  type DmaBuf,
  type DmaBufCore,
  type EventSink,
  type KernelFacts,
  type KernelVaddr,
  type QbufPlane,
  type QueueSetup,
  type UserMapping,
  type V4l2Memory,
  type Vb2Buffer,
  type Vb2Mem,
  type Vb2MemOps,
  type Vb2State,
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
  released(): void
}

export interface Plane {
  /** Bytes that the plane must have, as the format wants it. */
  readonly minLength: number
  length: number
  bytesused: number
  /** Bytes before the picture. */
  dataOffset: number
  mem: Vb2Mem | null
  dbuf: DmaBuf | null
  dbufMapped: boolean
  /** The plane shares the attachment of an earlier one, which owns it. */
  dbufDuplicated: boolean
  user: UserMapping | null
  /** DMABUF: the descriptor that was given; 0 while none was. */
  fd: number
  /** What mmap(2) takes to find the plane; MMAP memory only. */
  memOffset: number
}

/** What user space said of a plane, checked: vb2_v4l2_buffer.planes. */
export interface PlaneWish {
  readonly given: QbufPlane
  length: number
  readonly bytesused: number
  readonly dataOffset: number
}

export interface Buf {
  readonly index: number
  readonly memory: V4l2Memory
  readonly planes: readonly Plane[]
  state: Vb2State
  /** Filled in and checked: QBUF need not prepare again. */
  prepared: boolean
  /** The caches are the device's: prepare was done, finish not yet. */
  synced: boolean
  /** Cache work that user space asked to leave out, or that the memory type makes needless. */
  skipSync: { prepare: boolean; finish: boolean }
  /** What the last QBUF or PREPARE_BUF gave, by plane. */
  wishes: readonly PlaneWish[]
  /** BUF_FLAG bits that user space or the driver set; those of the state are added when they are reported. */
  flags: number
  timestamp: number
  /** Number of the picture since the stream began, as the driver counts. */
  sequence: number
  /** enum v4l2_field of what the buffer holds; ANY until it is stated. */
  field: number
  last: boolean
  /** The same buffer for the driver. */
  readonly view: Vb2Buffer
}

/** A user mapping of a plane; it outlives the buffer. */
export interface PlaneMapping {
  readonly index: number
  readonly plane: number
  readonly mem: Vb2Mem
  readonly user: UserMapping
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
  /** A buffer was queued without a request since the last cancel. */
  usesQbuf: boolean
  /** Buffers have been asked for: the format is fixed. */
  busy: boolean
  /** The file that has buffers here, for helpers that ask. */
  owner: object | null
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
const MAX_BUFFERS = 32

/** How many buffers the queue can have. */
export const maxBuffers = ({ host, setup }: QueueState): number =>
  host.kernel.media.driverMaxBuffers ? (setup.maxNumBuffers ?? MAX_BUFFERS) : MAX_BUFFERS

/** Models: Linux v6.12 include/media/videobuf2-core.h: vb2_queue_allows_cache_hints */
export const allowsCacheHints = ({ setup, memory }: QueueState): boolean =>
  setup.allowCacheHints === true && memory === 'MMAP'

export const isMultiplanar = ({ setup }: QueueState): boolean => setup.type.endsWith('_MPLANE')

/** The queue's buffers in the order of their index. */
export const buffersOf = (q: QueueState): Buf[] => [...q.bufs.values()].toSorted((a, b) => a.index - b.index)

/** The mem_priv of a plane. @throws Error when it has none: a bug of ours */
export const memOf = (plane: Pick<Plane, 'mem'>): Vb2Mem => {
  if (plane.mem === null) throw new Error('the plane has no memory')
  return plane.mem
}
