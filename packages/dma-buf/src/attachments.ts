// Attachments and their mappings: dma_buf_attach() to dma_buf_detach().
import {
  type Device,
  DIR,
  dirName,
  type DmaBuf,
  type DmaBufAttachment,
  type DmaBufCore,
  type EventSink,
  fail,
  type KernelFacts,
  type KResult,
  mediaFacts,
  ok,
} from '@dmalab/api'
import type { DebugTables } from './debug-tables.ts'
import { identity, type LiveAttachment, type LiveDmaBuf } from './live-dma-buf.ts'

export interface AttachmentParts {
  readonly facts: KernelFacts
  readonly sink: EventSink
  readonly debug: DebugTables
  readonly call: <T>(symbols: string | readonly string[], body: () => T) => T
  /** The core's own record of a buffer. @throws Error when it was released */
  readonly own: (buf: DmaBuf) => LiveDmaBuf
}

type AttachmentCalls = Pick<DmaBufCore, 'attach' | 'detach' | 'mapAttachment' | 'unmapAttachment'>

export const createAttachments = ({ facts, sink, debug, call, own }: AttachmentParts): AttachmentCalls => {
  const { attachmentLock } = mediaFacts(facts)
  let lastId = 0

  const mineOf = (attachment: DmaBufAttachment): LiveAttachment => {
    const live = own(attachment.dmabuf).attachments.find((candidate) => candidate === attachment)
    if (live === undefined)
      throw new Error(`attachment ${attachment.id} of dma-buf ${attachment.dmabuf.ino} is detached`)
    return live
  }

  /** Symbols between an importer and the exporter's operation; the reservation lock added two of them. */
  const lockedPath = (name: string, inner: string): string[] =>
    attachmentLock ? [`${name}_unlocked`, name, inner] : [name]

  const trace = (event: 'dma_buf_dynamic_attach' | 'dma_buf_detach', mine: LiveAttachment): void =>
    sink.emit({
      event,
      ...identity(mine.dmabuf),
      attachment: String(mine.id),
      isDynamic: false,
      device: mine.dev.name,
    })

  return {
    /** The exporter may refuse. Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_dynamic_attach */
    attach: (buf: DmaBuf, dev: Device): KResult<DmaBufAttachment> => {
      const dmabuf = own(buf)
      lastId += 1
      const mine: LiveAttachment = { id: lastId, dmabuf, dev, priv: null, sgt: null, cached: null, genuine: null }
      const path = attachmentLock ? ['dma_buf_attach', 'dma_buf_dynamic_attach'] : ['dma_buf_attach']
      const attached = call(path, () => dmabuf.ops.attach(dmabuf, mine))
      if (!attached.ok) return attached
      dmabuf.attachments.push(mine)
      trace('dma_buf_dynamic_attach', mine)
      return ok(mine)
    },

    /**
     * Undoes a mapping that the core kept. What a static importer still has mapped otherwise stays mapped: that is the exporter's
     * business, or a leak.
     * Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_detach
     */
    detach: (buf, attachment) => {
      const dmabuf = own(buf)
      const mine = mineOf(attachment)
      const { cached, genuine } = mine
      if (cached !== null && genuine !== null) {
        debug.takeBack(cached.table, genuine)
        call('dma_buf_detach', () => dmabuf.ops.unmap(mine, genuine, cached.dir))
      }
      mine.cached = null
      dmabuf.attachments.splice(dmabuf.attachments.indexOf(mine), 1)
      call('dma_buf_detach', () => dmabuf.ops.detach(dmabuf, mine))
      trace('dma_buf_detach', mine)
    },

    /**
     * EBUSY: the kept mapping is for another direction. Else what the exporter says.
     * Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_map_attachment
     */
    mapAttachment: (attachment, dir) => {
      const mine = mineOf(attachment)
      const { ops } = mine.dmabuf
      if (mine.cached !== null) {
        if (mine.cached.dir !== dir && mine.cached.dir !== DIR.BIDIRECTIONAL)
          return fail('EBUSY', `attachment ${mine.id} is mapped ${dirName(mine.cached.dir)}`)
        mine.sgt = mine.cached.table
        return ok(mine.cached.table)
      }
      const table = call(lockedPath('dma_buf_map_attachment', '__map_dma_buf'), () => ops.map(mine, dir))
      if (!table.ok) return table
      const handed = debug.hand(table.value)
      if (!handed.ok) {
        ops.unmap(mine, table.value, dir)
        return handed
      }
      mine.sgt = handed.value
      mine.genuine = table.value
      if (ops.cacheSgtMapping === true) mine.cached = { table: handed.value, dir }
      return handed
    },

    /** Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_unmap_attachment */
    unmapAttachment: (attachment, table, dir) => {
      const mine = mineOf(attachment)
      if (mine.sgt !== table || mine.genuine === null)
        throw new Error(`unmap (${dirName(dir)}) of a table that attachment ${mine.id} does not have mapped`)
      mine.sgt = null
      if (mine.cached !== null) return
      const { genuine } = mine
      debug.takeBack(table, genuine)
      mine.genuine = null
      call(lockedPath('dma_buf_unmap_attachment', '__unmap_dma_buf'), () => mine.dmabuf.ops.unmap(mine, genuine, dir))
    },
  }
}
