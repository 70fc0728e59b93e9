// videobuf2: struct vb2_mem_ops (allocators) and the queue's user-space face.
import type { Direction } from './flags.ts'
import type { DmaBuf, DmaBufCore, DmaBufOps } from './dma-buf.ts'
import type { DmaMapping } from './dma-mapping.ts'
import type { KernelFacts } from './kernel-facts.ts'
import type { KernelMemory } from './memory.ts'
import type { KResult } from './errno.ts'
import type { Device, Host, UserArea, UserMapping } from './ops.ts'
import type { SgAttachCopy, SgTable } from './sg.ts'
import type { DmaAddr, KernelVaddr } from './units.ts'
import type { BufType, Dqbuf, Qbuf, V4l2BufferInfo, V4l2Memory, V4l2Queue } from './v4l2.ts'

/** An allocator's buffer (mem_priv): the members that vb2_dc_buf, vb2_dma_sg_buf and vb2_vmalloc_buf share. Mutable, as in C. */
export interface Vb2Mem {
  /** null: the driver named none, and the allocator needs none. */
  readonly dev: Device | null
  readonly size: number
  readonly owner: string
  dir: Direction
  attrs: number
  vaddr: KernelVaddr | null
  cookie: KernelVaddr | null
  dmaAddr: DmaAddr
  table: SgTable | null
  refcount: number
  /** Import only. */
  dbuf: DmaBuf | null
  /** The allocator's own. */
  priv: unknown
}

export interface AllocBufOptions {
  /** Cached memory that prepare and finish sync (dma_alloc_noncontiguous). */
  readonly nonCoherent?: boolean
  /** vb2_queue.dma_attrs, DMA_ATTR_* bits. */
  readonly dmaAttrs?: number
}

/** struct vb2_mem_ops. */
export interface Vb2MemOps {
  /** EINVAL, with a warning: the driver named no device, and the allocator needs one. ENOMEM. */
  alloc(dev: Device | null, size: number, dir: Direction, owner: string, options?: AllocBufOptions): KResult<Vb2Mem>
  put(mem: Vb2Mem): void
  /** A null result in C becomes EINVAL at EXPBUF. */
  getDmabuf(mem: Vb2Mem): KResult<DmaBuf>
  getUserptr(dev: Device | null, user: UserMapping, size: number, dir: Direction, owner: string): KResult<Vb2Mem>
  putUserptr(mem: Vb2Mem): void
  prepare(mem: Vb2Mem): void
  finish(mem: Vb2Mem): void
  /** EFAULT when the dma-buf is smaller than `size`. */
  attachDmabuf(dev: Device | null, dbuf: DmaBuf, size: number, dir: Direction): KResult<Vb2Mem>
  detachDmabuf(mem: Vb2Mem): void
  /** EINVAL, EFAULT (not contiguous). */
  mapDmabuf(mem: Vb2Mem): KResult<void>
  unmapDmabuf(mem: Vb2Mem): void
  vaddr(mem: Vb2Mem): KernelVaddr | null
  /** Address(es) for the device. */
  cookie(mem: Vb2Mem): DmaAddr | SgTable | null
  numUsers(mem: Vb2Mem): number
  /** The mapping holds a reference; munmap drops it with put. */
  mmap(mem: Vb2Mem, area: UserArea): KResult<UserMapping>
}

export interface AllocatorCaps {
  /** The device gets one contiguous range of bus addresses. */
  readonly contiguous: boolean
  readonly userptr: boolean
  /** The device accesses the memory (vmalloc: the CPU does). */
  readonly dma: boolean
}

export interface AllocatorDef {
  readonly name: string
  readonly source: string
  readonly caps: AllocatorCaps
  create(host: AllocatorHost): Vb2MemOps
}

/** What allocators and exporters may touch. */
export interface AllocatorHost {
  readonly kernel: KernelFacts
  readonly dma: DmaMapping
  readonly dmaBuf: DmaBufCore
  readonly mem: KernelMemory
  /** What attach copies beside the page, from all patches. */
  readonly attachCopies: readonly SgAttachCopy[]
  readonly exports: Readonly<Record<string, (...args: never[]) => unknown>>
  /** The exporter's ops with patches applied. */
  exporter(name: string, stock: DmaBufOps): DmaBufOps
  sgAlloc(entries: number): KResult<SgTable>
  sgFree(table: SgTable): void
  /** The device behind a struct miscdevice, such as /dev/udmabuf. */
  miscDevice(name: string): Device
  call<T>(symbols: string | readonly string[], body: () => T): T
  /** The kernel reads `offset` bytes behind a NULL pointer. @throws SimulatedOops always */
  nullPointer(offset: number): never
  printk: Host['printk']
}

export type Vb2State = 'DEQUEUED' | 'PREPARING' | 'QUEUED' | 'ACTIVE' | 'DONE' | 'ERROR'

/** A buffer as its driver sees it. */
export interface Vb2Buffer {
  readonly index: number
  readonly state: Vb2State
  readonly timestamp: number
  /** enum v4l2_field. */
  readonly field: number
  readonly planes: readonly Vb2Plane[]
}
export interface Vb2Plane {
  readonly length: number
  readonly bytesused: number
  readonly mem: Vb2Mem
  /** Bus address (vb2_dma_contig_plane_dma_addr), or the table's handle for scattered memory. */
  readonly cookie: DmaAddr | SgTable | null
  /** vb2_plane_vaddr: the kernel's mapping, made on demand; null without one. */
  readonly vaddr: KernelVaddr | null
}

/** One queue. The ioctls return what the ioctl returns. */
export interface Vb2Queue {
  readonly name: string
  readonly type: BufType
  readonly device: Device
  readonly memory: V4l2Memory | undefined
  readonly streaming: boolean
  /** `nonCoherent` is V4L2_MEMORY_FLAG_NON_COHERENT; ignored where the kernel or the queue does not know it. */
  reqbufs(memory: V4l2Memory, count: number, options?: { readonly nonCoherent?: boolean }): KResult<number>
  createBufs(
    memory: V4l2Memory,
    count: number,
    planeSizes: readonly number[],
  ): KResult<{ index: number; count: number }>
  querybuf(index: number): KResult<V4l2BufferInfo & { readonly state: Vb2State; readonly mapped: number }>
  /** Since v6.10. EBUSY for a buffer that is not dequeued, EINVAL for one that does not exist, ENOTTY where the ioctl is unknown. */
  removeBufs(index: number, count: number): KResult<void>
  /** `flags`: EXPBUF_FLAGS; O_RDWR | O_CLOEXEC unless given. */
  expbuf(index: number, plane: number, flags?: number): KResult<number>
  mmap(index: number, plane: number): KResult<UserMapping>
  munmap(index: number, plane: number): void
  prepareBuf(buffer: Qbuf): KResult<void>
  qbuf(buffer: Qbuf): KResult<void>
  dqbuf(): KResult<Dqbuf>
  streamon(): KResult<void>
  streamoff(): KResult<void>
  /**
   * read(2) and write(2): vb2 streams MMAP buffers behind the scenes. The value is how many bytes of `len` were moved. EINVAL where the
   * driver has none, EBUSY with own buffers, EAGAIN when the driver has not finished one.
   */
  read(len: number): KResult<number>
  write(len: number): KResult<number>
  /** The same between the queue and memory of a task, from its start on: the bytes move too. */
  readInto(user: UserMapping, len: number): KResult<number>
  writeFrom(user: UserMapping, len: number): KResult<number>
  /** POLLIN/POLLOUT ready, or POLLERR. */
  poll(): 'ready' | 'empty' | 'error'
  /** close(2): releases the queue. */
  release(): void
  /** The same with everything that an ioctl carries. */
  readonly v4l2: V4l2Queue
}

/** What a driver has to say of a buffer that user space queues (struct vb2_ops). */
export interface QueueHooks {
  /** buf_out_validate, OUTPUT only: the field that the buffer has then. EINVAL: a field the driver does not take. */
  field(given: number): KResult<number>
  /** buf_prepare: payload and offset of each plane, or null to leave them as user space gave them. EINVAL: too small. */
  prepare(
    planes: readonly { readonly length: number; readonly bytesused: number; readonly dataOffset: number }[],
  ): KResult<readonly { readonly bytesused: number; readonly dataOffset: number }[] | null>
}

/** What a driver gives when it makes a queue (struct vb2_ops + queue_setup). */
export interface QueueSetup {
  readonly name: string
  readonly type: BufType
  readonly allocator: string
  readonly ioModes: readonly V4l2Memory[]
  /** min_queued_buffers: so many must be queued before the driver starts. */
  readonly minBuffers?: number
  /** min_reqbufs_allocation: REQBUFS gives so many at least. */
  readonly minReqbufs?: number
  /** max_num_buffers; 32 (VB2_MAX_FRAME) unless given, and always before v6.8. */
  readonly maxNumBuffers?: number
  /** Bytes that the driver's queue_setup lets all buffers of the queue have together. */
  readonly memoryLimit?: number
  /** supports_requests: QBUF takes the fd of a media request. */
  readonly supportsRequests?: boolean
  /** The driver has VIDIOC_REMOVE_BUFS (where the kernel does). */
  readonly removeBufs?: boolean
  /** dma_attrs: DMA_ATTR_* that every allocation of the queue gets. */
  readonly dmaAttrs?: number
  /** Further struct vb2_ops; without them fields and payloads stay as user space gave them. */
  readonly hooks?: QueueHooks
  /** Video node that the queue belongs to; without it the device has one node for its queues. */
  readonly node?: string
  /** `copy`: a buffer's timestamp goes from OUTPUT to CAPTURE (m2m); else the driver's clock gives it. */
  readonly timestamps?: 'monotonic' | 'copy'
  /** The driver offers read(2) (capture) or write(2) (output). */
  readonly fileIo?: boolean
  /** The driver lets user space ask for non-coherent memory (allow_cache_hints). */
  readonly allowCacheHints?: boolean
  /** Driver functions between the V4L2 core and vb2 for an ioctl (`qbuf`, `reqbufs` ...), outermost first: mostly `vb2_ioctl_<op>`. */
  symbols(op: string): readonly string[]
  /** Plane sizes in bytes and the device each plane is allocated for; null: the driver set neither alloc_devs nor vb2_queue.dev. */
  planes(): readonly { readonly size: number; readonly dev: Device | null }[]
  /** buf_queue: the driver owns the buffer now. */
  onQueue(buffer: Vb2Buffer): void
  /** start_streaming: the errno that streamon gives. */
  onStart(): KResult<void>
  /** stop_streaming: the driver gives its buffers back. */
  onStop(): void
}

/** The driver's side of a queue. */
export interface DriverQueue extends Vb2Queue {
  /** vb2_buffer_done. */
  done(
    buffer: Vb2Buffer,
    state: 'DONE' | 'ERROR',
    result?: { bytesused?: readonly number[]; timestamp?: number; last?: boolean; field?: number },
  ): void
}
