// The dma-buf core: exports, descriptors, references, CPU access; attachments are in their own file.
// References are counted as the file behind a dma-buf counts them: an fd is one, an importer holds one of its own.
import {
  DIR,
  type DmaBuf,
  type DmaBufCore,
  type DmaBufExport,
  type EventSink,
  fail,
  type KernelFacts,
  type KernelVaddr,
  type KResult,
  ok,
  PAGE_SIZE,
  type UserArea,
  type UserMapping,
} from '@dmalab/api'
import { createAttachments } from './attachments.ts'
import { createDebugTables, type DebugTablesParts } from './debug-tables.ts'
import { FdTable } from './fd-table.ts'
import { identity, type LiveDmaBuf } from './live-dma-buf.ts'
import { createFences } from './reservation.ts'

export interface DmaBufCoreParts {
  readonly facts: KernelFacts
  readonly sink: EventSink
  /** The modelled call stack. */
  readonly stack: { call<T>(symbols: string | readonly string[], body: () => T): T }
  /** Needed by kernels with DMABUF_DEBUG only. */
  readonly tables?: DebugTablesParts
  /** Failure injection: does this call fail? Each call counts. */
  readonly injected?: (what: string) => boolean
}

/** Opens drivers/dma-buf/dma-buf.c for one machine. */
export const createDmaBufCore = ({
  facts,
  sink,
  stack,
  tables = noTables,
  injected = () => false,
}: DmaBufCoreParts): DmaBufCore => {
  const fds = new FdTable<LiveDmaBuf>()
  const bufs = new Map<DmaBuf, LiveDmaBuf>()
  const fences = createFences(sink)
  let lastIno = 0

  const own = (buf: DmaBuf): LiveDmaBuf => {
    const live = bufs.get(buf)
    if (live === undefined) throw new Error(`dma-buf ${buf.ino} (${buf.owner}) was released`)
    return live
  }
  const byFd = (fd: number): KResult<LiveDmaBuf> => {
    const buf = fds.lookup(fd)
    return buf === undefined ? fail('EBADF', `file descriptor ${fd} is not open`) : ok(buf)
  }

  /** Drops one reference; the last one releases. Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_release */
  const fput = (buf: LiveDmaBuf): void => {
    buf.refs -= 1
    if (buf.refs > 0) return
    sink.emit({ event: 'dma_buf_release', ...identity(buf) })
    if (buf.attachments.length > 0)
      sink.emit({
        event: 'printk',
        level: 'warn',
        text: `WARNING: dma-buf ${buf.ino} (${buf.owner}) released with ${buf.attachments.length} attachment(s)`,
      })
    stack.call('dma_buf_release', () => buf.ops.release(buf))
    bufs.delete(buf)
  }

  /** Waits for work on the buffer first. Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_begin_cpu_access */
  const beginCpuAccess: DmaBufCore['beginCpuAccess'] = (buf, dir) =>
    stack.call('dma_buf_begin_cpu_access', () => {
      const live = own(buf)
      const begun = live.ops.beginCpuAccess(live, dir)
      if (!begun.ok) return begun
      return live.resv.wait(dir === DIR.BIDIRECTIONAL || dir === DIR.TO_DEVICE ? 'write' : 'read')
    })
  const endCpuAccess: DmaBufCore['endCpuAccess'] = (buf, dir) =>
    stack.call('dma_buf_end_cpu_access', () => buf.ops.endCpuAccess(own(buf), dir))

  return {
    /** EINVAL: a size that is not whole pages. Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_export */
    export: (info: DmaBufExport): KResult<DmaBuf> => {
      if (info.size <= 0 || info.size % PAGE_SIZE !== 0)
        return fail('EINVAL', `a dma-buf of ${info.size} bytes is not whole pages`)
      lastIno += 1
      const buf: LiveDmaBuf = {
        ino: lastIno,
        refs: 1,
        attachments: [],
        resv: fences.reservation(),
        vmaps: 0,
        vmapAt: null,
        ...info,
      }
      bufs.set(buf, buf)
      sink.emit({ event: 'dma_buf_export', ...identity(buf) })
      return ok(buf)
    },

    /** Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_fd */
    fd: (buf) => {
      const fd = injected('fd') ? fail('EMFILE', 'a file descriptor failed on request') : fds.install(own(buf))
      if (fd.ok) sink.emit({ event: 'dma_buf_fd', ...identity(buf), fd: fd.value })
      return fd
    },

    /** Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_get. Leaves out: files of other kinds, so EINVAL cannot occur. */
    get: (fd) => {
      const buf = byFd(fd)
      if (!buf.ok) return buf
      buf.value.refs += 1
      sink.emit({ event: 'dma_buf_get', ...identity(buf.value), fd })
      return buf
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

    beginCpuAccess,
    endCpuAccess,

    /** Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_ioctl (DMA_BUF_IOCTL_SYNC) */
    syncIoctl: (fd, phase, { read, write }) => {
      const buf = byFd(fd)
      if (!buf.ok) return buf
      if (!read && !write) return fail('EINVAL', 'neither READ nor WRITE')
      const dir = read && write ? DIR.BIDIRECTIONAL : write ? DIR.TO_DEVICE : DIR.FROM_DEVICE
      return phase === 'start' ? beginCpuAccess(buf.value, dir) : endCpuAccess(buf.value, dir)
    },

    /** Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_llseek */
    lseek: (fd, offset, whence) => {
      const buf = byFd(fd)
      if (!buf.ok) return buf
      if (offset !== 0) return fail('EINVAL', 'only offset 0 is supported')
      return ok(whence === 'SEEK_END' ? buf.value.size : 0)
    },

    /** mmap(2) on the descriptor; the mapping holds the file. Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_mmap_internal */
    mmap: (buf: DmaBuf, area: UserArea = { pgoff: 0, len: buf.size }): KResult<UserMapping> => {
      const live = own(buf)
      const end = area.pgoff * PAGE_SIZE + area.len
      const mapped = stack.call('dma_buf_mmap_internal', () =>
        end > live.size
          ? fail('EINVAL', `the mapping ends at byte ${end} of a dma-buf of ${live.size}`)
          : live.ops.mmap(live, area),
      )
      if (!mapped.ok) return mapped
      live.refs += 1
      sink.emit({ event: 'dma_buf_mmap_internal', ...identity(buf) })
      return mapped
    },
    munmap: (buf) => fput(own(buf)),

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

    /** Models: Linux v4.11 drivers/dma-buf/dma-buf.c: dma_buf_kmap */
    kmap: (buf, page) => stack.call('dma_buf_kmap', () => buf.ops.kmap(own(buf), page)),

    resv: (buf) => own(buf).resv,

    /** Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_poll */
    poll: (fd, events) => {
      const buf = byFd(fd)
      return buf.ok ? ok(buf.value.resv.pending(events === 'POLLOUT' ? 'write' : 'read').length === 0) : buf
    },

    live: () => [...bufs.values()],

    balance: () => {
      const all = [...bufs.values()]
      const attachments = all.flatMap((buf) => buf.attachments)
      return new Map([
        ['dma-bufs', all.length],
        ['references to dma-bufs', all.reduce((sum, { refs }) => sum + refs, 0)],
        ['kernel mappings of dma-bufs', all.reduce((sum, { vmaps }) => sum + vmaps, 0)],
        ['attachments', attachments.length],
        ['mapped attachments', attachments.filter(({ genuine }) => genuine !== null).length],
        ['file descriptors', fds.open],
      ])
    },

    ...createAttachments({
      facts,
      sink,
      own,
      debug: createDebugTables(facts, tables),
      call: (symbols, body) => stack.call(symbols, body),
    }),
  }
}

/** For kernels without DMABUF_DEBUG: nothing of this is called. */
const noTables: DebugTablesParts = {
  mem: {
    pageStructAddress: () => {
      throw new Error('DMABUF_DEBUG needs the machine')
    },
  },
  sgAlloc: () => fail('ENOMEM', 'DMABUF_DEBUG needs the machine'),
  sgFree: () => undefined,
}
