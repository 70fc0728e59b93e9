// dma-buf: struct dma_buf_ops and the core's functions.
import type { Direction } from './flags.ts'
import type { KResult } from './errno.ts'
import type { Device, UserMapping } from './ops.ts'
import type { SgTable } from './sg.ts'
import type { KernelVaddr } from './units.ts'

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

export interface DmaBufAttachment {
  readonly id: number
  readonly dmabuf: DmaBuf
  readonly dev: Device
  /** The exporter's own data for this attachment. */
  priv: unknown
  /** Table handed out by the last map, while it is mapped. */
  readonly sgt: SgTable | null
}

/** struct dma_buf_ops. What an exporter cannot do returns an errno. */
export interface DmaBufOps {
  attach(buf: DmaBuf, attachment: DmaBufAttachment): KResult<void>
  detach(buf: DmaBuf, attachment: DmaBufAttachment): void
  /** EIO, EINVAL, ENOMEM. The table's dma fields are valid for the attachment's device. */
  map(attachment: DmaBufAttachment, dir: Direction): KResult<SgTable>
  unmap(attachment: DmaBufAttachment, table: SgTable, dir: Direction): void
  release(buf: DmaBuf): void
  beginCpuAccess(buf: DmaBuf, dir: Direction): KResult<void>
  endCpuAccess(buf: DmaBuf, dir: Direction): KResult<void>
  mmap(buf: DmaBuf): KResult<UserMapping>
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

/** drivers/dma-buf/dma-buf.c. */
export interface DmaBufCore {
  export(info: DmaBufExport): KResult<DmaBuf>
  /** dma_buf_fd: installs the caller's reference in the fd table. EMFILE. */
  fd(buf: DmaBuf): KResult<number>
  /** dma_buf_get: EBADF for a closed fd, EINVAL for one that is no dma-buf. Takes a reference. */
  get(fd: number): KResult<DmaBuf>
  /** dma_buf_put: the last one releases. */
  put(buf: DmaBuf): void
  /** close(2) of user space. EBADF. */
  close(fd: number): KResult<void>
  attach(buf: DmaBuf, dev: Device): KResult<DmaBufAttachment>
  detach(buf: DmaBuf, attachment: DmaBufAttachment): void
  mapAttachment(attachment: DmaBufAttachment, dir: Direction): KResult<SgTable>
  unmapAttachment(attachment: DmaBufAttachment, table: SgTable, dir: Direction): void
  beginCpuAccess(buf: DmaBuf, dir: Direction): KResult<void>
  endCpuAccess(buf: DmaBuf, dir: Direction): KResult<void>
  mmap(buf: DmaBuf): KResult<UserMapping>
  vmap(buf: DmaBuf): KResult<KernelVaddr>
  vunmap(buf: DmaBuf, at: KernelVaddr): void
  /** Buffers that still exist, in order of export. */
  live(): readonly DmaBuf[]
}
