// dma-buf: struct dma_buf_ops and the core's functions.
import type { Balance } from './balance.ts'
import type { Direction } from './flags.ts'
import type { KResult } from './errno.ts'
import type { Device, UserArea, UserMapping } from './ops.ts'
import type { SgTable } from './sg.ts'
import type { DmaAddr, KernelVaddr } from './units.ts'

export interface DmaBuf {
  /** Identity across events. */
  readonly ino: number
  readonly expName: string
  /** Bytes, whole pages. */
  readonly size: number
  readonly ops: DmaBufOps
  /** The exporter's own data. */
  readonly priv: unknown
  /** Who owns the memory behind it, as the foreign-memory check names it. */
  readonly owner: string
  /** file->f_count. */
  readonly refs: number
  readonly attachments: readonly DmaBufAttachment[]
}

/** What a dma-buf of a DRM device's own object has as `priv`: struct drm_gem_object. That device takes it back as it is. */
export interface GemObject {
  readonly gem: Device
  /** Bus address for that device; the first one where it lies in pieces. */
  readonly handle: DmaAddr
  /** The pages that it is made of, mapped for that device; null: it lies in one piece. */
  readonly list: SgTable | null
}

export interface DmaBufAttachment {
  readonly id: number
  readonly dmabuf: DmaBuf
  readonly dev: Device
  /** The importer takes memory of other devices, which has no struct page. */
  readonly peer2peer: boolean
  /** The exporter's own data for this attachment. */
  priv: unknown
  /** Table handed out by the last map, while it is mapped. */
  readonly sgt: SgTable | null
}

/** An exporter that may move its memory: pinned memory stays. */
export interface DynamicExporter {
  /** ENOMEM, EINVAL: the memory cannot be fixed where this device reaches it. */
  pin(attachment: DmaBufAttachment): KResult<void>
  unpin(attachment: DmaBufAttachment): void
}

/** struct dma_buf_attach_ops: an importer that can do without its mapping for a while. */
export interface DynamicImporter {
  /** allow_peer2peer: it looks at bus addresses alone. */
  readonly allowPeer2peer?: boolean
  /** The memory is about to move: mappings are void, and have to be made anew. */
  moveNotify(attachment: DmaBufAttachment): void
}

/** struct dma_buf_ops. What an exporter cannot do returns an errno. */
export interface DmaBufOps {
  /** cache_sgt_mapping, until v6.15: the core keeps the first mapping of an attachment until detach. */
  readonly cacheSgtMapping?: boolean
  /** Absent: the memory never moves. */
  readonly dynamic?: DynamicExporter
  attach(buf: DmaBuf, attachment: DmaBufAttachment): KResult<void>
  detach(buf: DmaBuf, attachment: DmaBufAttachment): void
  /** EIO, EINVAL, ENOMEM. The table's dma fields are valid for the attachment's device. */
  map(attachment: DmaBufAttachment, dir: Direction): KResult<SgTable>
  unmap(attachment: DmaBufAttachment, table: SgTable, dir: Direction): void
  release(buf: DmaBuf): void
  beginCpuAccess(buf: DmaBuf, dir: Direction): KResult<void>
  endCpuAccess(buf: DmaBuf, dir: Direction): KResult<void>
  /** The area lies inside the buffer: the core has looked. */
  mmap(buf: DmaBuf, area: UserArea): KResult<UserMapping>
  vmap(buf: DmaBuf): KResult<KernelVaddr>
  vunmap(buf: DmaBuf, at: KernelVaddr): void
  /** Until v5.6. */
  kmap(buf: DmaBuf, page: number): KResult<KernelVaddr>
}

/** struct dma_buf_export_info. */
export interface DmaBufExport {
  readonly expName: string
  readonly size: number
  readonly ops: DmaBufOps
  readonly priv: unknown
  readonly owner: string
}

/** How a job uses a buffer: enum dma_resv_usage, as far as it is modelled. */
export type FenceUsage = 'write' | 'read'

/** struct dma_fence: a point that a device's work reaches once. */
export interface DmaFence {
  readonly driver: string
  readonly timeline: string
  readonly context: number
  readonly seqno: number
  readonly signaled: boolean
}

/** struct dma_resv: the implicit synchronisation of one buffer. */
export interface Reservation {
  /** A fence of the given timeline, not yet signaled. */
  newFence(driver: string, timeline: string): DmaFence
  signal(fence: DmaFence): void
  addFence(fence: DmaFence, usage: FenceUsage): void
  /** Fences a job has to wait for: writers for a reader, everybody for a writer. */
  pending(usage: FenceUsage): readonly DmaFence[]
  /** dma_resv_wait_timeout(): ETIME when work that must come first has not been done; nothing else will do it. */
  wait(usage: FenceUsage): KResult<void>
}

/** drivers/dma-buf/dma-buf.c. */
export interface DmaBufCore {
  export(info: DmaBufExport): KResult<DmaBuf>
  /** dma_buf_fd: installs the caller's reference in the fd table. EMFILE. */
  fd(buf: DmaBuf): KResult<number>
  /** dma_buf_get: EBADF for a closed fd, EINVAL for one that is not a dma-buf. Takes a reference. */
  get(fd: number): KResult<DmaBuf>
  /** dma_buf_put: the last one releases. */
  put(buf: DmaBuf): void
  /** close(2) of user space. EBADF. */
  close(fd: number): KResult<void>
  /** dma_buf_dynamic_attach with an `importer`, dma_buf_attach without. */
  attach(buf: DmaBuf, dev: Device, importer?: DynamicImporter): KResult<DmaBufAttachment>
  /** dma_buf_pin, for dynamic importers; EINVAL for others. */
  pin(attachment: DmaBufAttachment): KResult<void>
  unpin(attachment: DmaBufAttachment): void
  /** dma_buf_move_notify: the exporter tells every dynamic importer. */
  moveNotify(buf: DmaBuf): void
  detach(buf: DmaBuf, attachment: DmaBufAttachment): void
  mapAttachment(attachment: DmaBufAttachment, dir: Direction): KResult<SgTable>
  unmapAttachment(attachment: DmaBufAttachment, table: SgTable, dir: Direction): void
  beginCpuAccess(buf: DmaBuf, dir: Direction): KResult<void>
  endCpuAccess(buf: DmaBuf, dir: Direction): KResult<void>
  /** mmap(2) of the descriptor: the whole buffer, or an area of it. EINVAL: it ends beyond the buffer. */
  mmap(buf: DmaBuf, area?: UserArea): KResult<UserMapping>
  vmap(buf: DmaBuf): KResult<KernelVaddr>
  vunmap(buf: DmaBuf, at: KernelVaddr): void
  /** dma_buf_kmap, until v5.6. */
  kmap(buf: DmaBuf, page: number): KResult<KernelVaddr>
  /** munmap(2) of a mapping of the descriptor: the mapping held a reference to the file. */
  munmap(buf: DmaBuf): void
  /** lseek(2): SEEK_END tells the size, SEEK_SET goes to 0; offsets other than 0 are EINVAL. EBADF. */
  lseek(fd: number, offset: number, whence: 'SEEK_SET' | 'SEEK_END'): KResult<number>
  /** DMA_BUF_IOCTL_SYNC. EINVAL without READ or WRITE, EBADF. */
  syncIoctl(
    fd: number,
    phase: 'start' | 'end',
    access: { readonly read: boolean; readonly write: boolean },
  ): KResult<void>
  /** The reservation object (dma_buf.resv): fences that importers and exporters put there. */
  resv(buf: DmaBuf): Reservation
  /** poll(2): POLLIN waits for writers, POLLOUT for readers and writers. EBADF. */
  poll(fd: number, events: 'POLLIN' | 'POLLOUT'): KResult<boolean>
  /** Buffers that still exist, in order of export. */
  live(): readonly DmaBuf[]
  /** Buffers, references, attachments, mappings and descriptors. */
  balance(): Balance
}
