// The dma-buf core: exports, descriptors, references, attachments, mappings, CPU access.
// References are counted as the file behind a dma-buf counts them: an fd is one, an importer holds one of its own.
import {
  type Device,
  dirName,
  type Direction,
  type DmaBuf,
  type DmaBufAttachment,
  type DmaBufCore,
  type DmaBufExport,
  type EventSink,
  fail,
  type KernelFacts,
  type KernelVaddr,
  type KResult,
  mediaFacts,
  ok,
  PAGE_SIZE,
  type SgTable,
  type UserMapping,
} from '@dmalab/api'
import { FdTable } from './fd-table.ts'

export interface DmaBufCoreParts {
  readonly facts: KernelFacts
  readonly sink: EventSink
  /** The modelled call stack. */
  readonly stack: { call<T>(symbols: string | readonly string[], body: () => T): T }
}

/** Mutable inside, read-only outside. */
interface LiveAttachment extends DmaBufAttachment {
  readonly dmabuf: LiveDmaBuf
  sgt: SgTable | null
}

interface LiveDmaBuf extends DmaBuf {
  refs: number
  readonly attachments: LiveAttachment[]
  /** dma_buf.vmapping_counter and vmap_ptr. */
  vmaps: number
  vmapAt: KernelVaddr | null
}

/** Opens drivers/dma-buf/dma-buf.c for one machine. */
export const createDmaBufCore = ({ facts, sink, stack }: DmaBufCoreParts): DmaBufCore => {
  const { attachmentLock } = mediaFacts(facts)
  const fds = new FdTable<LiveDmaBuf>()
  const bufs = new Map<DmaBuf, LiveDmaBuf>()
  let lastIno = 0
  let lastAttachment = 0

  const own = (buf: DmaBuf): LiveDmaBuf => {
    const live = bufs.get(buf)
    if (live === undefined) throw new Error(`dma-buf ${buf.ino} (${buf.owner}) was released`)
    return live
  }
  const attachmentOf = (attachment: DmaBufAttachment): LiveAttachment => {
    const live = own(attachment.dmabuf).attachments.find((candidate) => candidate === attachment)
    if (live === undefined)
      throw new Error(`attachment ${attachment.id} of dma-buf ${attachment.dmabuf.ino} is detached`)
    return live
  }
  const identity = (buf: DmaBuf) => ({ expName: buf.expName, size: buf.size, ino: buf.ino })
  const warn = (text: string): void => sink.emit({ event: 'printk', level: 'warn', text })

  /** Drops one reference; the last one releases. Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_release */
  const fput = (buf: LiveDmaBuf): void => {
    buf.refs -= 1
    if (buf.refs > 0) return
    sink.emit({ event: 'dma_buf_release', ...identity(buf) })
    if (buf.attachments.length > 0)
      warn(`WARNING: dma-buf ${buf.ino} (${buf.owner}) released with ${buf.attachments.length} attachment(s)`)
    stack.call('dma_buf_release', () => buf.ops.release(buf))
    bufs.delete(buf)
  }

  /** Symbols between an importer and the exporter's operation; the reservation lock added two of them. */
  const lockedPath = (name: string, inner: string): string[] =>
    attachmentLock ? [`${name}_unlocked`, name, inner] : [name]

  return {
    /**
     * ENOMEM never: the model has no limit on them. EINVAL: a size that is not whole pages.
     * Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_export
     */
    export: (info: DmaBufExport): KResult<DmaBuf> => {
      if (info.size <= 0 || info.size % PAGE_SIZE !== 0)
        return fail('EINVAL', `a dma-buf of ${info.size} bytes is not whole pages`)
      lastIno += 1
      const buf: LiveDmaBuf = { ...info, ino: lastIno, refs: 1, attachments: [], vmaps: 0, vmapAt: null }
      bufs.set(buf, buf)
      sink.emit({ event: 'dma_buf_export', ...identity(buf) })
      return ok(buf)
    },

    /** Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_fd */
    fd: (buf) => {
      const fd = fds.install(own(buf))
      if (fd.ok) sink.emit({ event: 'dma_buf_fd', ...identity(buf), fd: fd.value })
      return fd
    },

    /** Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_get. Leaves out: files of other kinds, so EINVAL cannot occur. */
    get: (fd) => {
      const buf = fds.lookup(fd)
      if (buf === undefined) return fail('EBADF', `file descriptor ${fd} is not open`)
      buf.refs += 1
      sink.emit({ event: 'dma_buf_get', ...identity(buf), fd })
      return ok(buf)
    },

    /** Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_put */
    put: (buf) => {
      const live = own(buf)
      sink.emit({ event: 'dma_buf_put', ...identity(buf) })
      fput(live)
    },

    close: (fd) => {
      const buf = fds.remove(fd)
      if (buf === undefined) return fail('EBADF', `file descriptor ${fd} is not open`)
      fput(buf)
      return ok(undefined)
    },

    /** The exporter may refuse. Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_dynamic_attach */
    attach: (buf: DmaBuf, dev: Device): KResult<DmaBufAttachment> => {
      const live = own(buf)
      lastAttachment += 1
      const attachment: LiveAttachment = { id: lastAttachment, dmabuf: live, dev, priv: null, sgt: null }
      const attached = stack.call(
        attachmentLock ? ['dma_buf_attach', 'dma_buf_dynamic_attach'] : 'dma_buf_attach',
        () => live.ops.attach(live, attachment),
      )
      if (!attached.ok) return attached
      live.attachments.push(attachment)
      sink.emit({ event: 'dma_buf_dynamic_attach', ...identity(buf), ...attachmentFields(attachment) })
      return ok(attachment)
    },

    /**
     * What a static importer still has mapped stays mapped: that is the exporter's business, or a leak.
     * Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_detach
     */
    detach: (buf, attachment) => {
      const live = own(buf)
      const mine = attachmentOf(attachment)
      live.attachments.splice(live.attachments.indexOf(mine), 1)
      stack.call('dma_buf_detach', () => live.ops.detach(live, mine))
      sink.emit({ event: 'dma_buf_detach', ...identity(buf), ...attachmentFields(mine) })
    },

    /** Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_map_attachment */
    mapAttachment: (attachment, dir) => {
      const mine = attachmentOf(attachment)
      const table = stack.call(lockedPath('dma_buf_map_attachment', '__map_dma_buf'), () =>
        mine.dmabuf.ops.map(mine, dir),
      )
      if (table.ok) mine.sgt = table.value
      return table
    },

    /** Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_unmap_attachment */
    unmapAttachment: (attachment: DmaBufAttachment, table: SgTable, dir: Direction): void => {
      const mine = attachmentOf(attachment)
      if (mine.sgt !== table)
        throw new Error(`unmap (${dirName(dir)}) of a table that attachment ${mine.id} does not have mapped`)
      stack.call(lockedPath('dma_buf_unmap_attachment', '__unmap_dma_buf'), () =>
        mine.dmabuf.ops.unmap(mine, table, dir),
      )
      mine.sgt = null
    },

    /** Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_begin_cpu_access. Leaves out: waiting for fences. */
    beginCpuAccess: (buf, dir) => stack.call('dma_buf_begin_cpu_access', () => buf.ops.beginCpuAccess(own(buf), dir)),
    endCpuAccess: (buf, dir) => stack.call('dma_buf_end_cpu_access', () => buf.ops.endCpuAccess(own(buf), dir)),

    /** mmap(2) on the descriptor. Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_mmap_internal */
    mmap: (buf: DmaBuf): KResult<UserMapping> => {
      const live = own(buf)
      const mapped = stack.call('dma_buf_mmap_internal', () => live.ops.mmap(live))
      if (mapped.ok) sink.emit({ event: 'dma_buf_mmap_internal', ...identity(buf) })
      return mapped
    },

    /** One kernel mapping serves all callers. Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_vmap */
    vmap: (buf: DmaBuf): KResult<KernelVaddr> => {
      const live = own(buf)
      if (live.vmapAt === null) {
        const at = stack.call('dma_buf_vmap', () => live.ops.vmap(live))
        if (!at.ok) return at
        live.vmapAt = at.value
      }
      live.vmaps += 1
      return ok(live.vmapAt)
    },

    /** Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_vunmap */
    vunmap: (buf, at) => {
      const live = own(buf)
      if (live.vmapAt !== at) throw new Error(`dma-buf ${buf.ino} is not mapped at 0x${at.toString(16)}`)
      live.vmaps -= 1
      if (live.vmaps > 0) return
      stack.call('dma_buf_vunmap', () => live.ops.vunmap(live, at))
      live.vmapAt = null
    },

    live: () => [...bufs.values()],
  }
}

const attachmentFields = (attachment: DmaBufAttachment) => ({
  attachment: String(attachment.id),
  isDynamic: false,
  device: attachment.dev.name,
})
