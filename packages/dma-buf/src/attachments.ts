// Attachments and their mappings: dma_buf_attach() to dma_buf_detach().
import {
  type Device,
  DIR,
  type Direction,
  dirName,
  type DmaBuf,
  type DmaBufAttachment,
  type DmaBufCore,
  type DynamicImporter,
  type EventSink,
  fail,
  type KernelFacts,
  type KResult,
  ok,
  type SgTable,
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

type AttachmentCalls = Pick<
  DmaBufCore,
  'attach' | 'detach' | 'pin' | 'unpin' | 'moveNotify' | 'mapAttachment' | 'unmapAttachment'
>

export const createAttachments = ({ facts, sink, debug, call, own }: AttachmentParts): AttachmentCalls => {
  const { attachmentLock, mapDmaBuf } = facts.media
  let lastId = 0

  const mineOf = (attachment: DmaBufAttachment): LiveAttachment => {
    const live = own(attachment.dmabuf).attachments.find((candidate) => candidate === attachment)
    if (live === undefined)
      throw new Error(`attachment ${attachment.id} of dma-buf ${attachment.dmabuf.ino} is detached`)
    return live
  }

  /** Symbols between an importer and the exporter's operation; the reservation lock added two of them. */
  const lockedPath = (name: string, inner: readonly string[]): string[] =>
    attachmentLock ? [`${name}_unlocked`, name, ...inner] : [name]

  const trace = (event: 'dma_buf_dynamic_attach' | 'dma_buf_detach', mine: LiveAttachment): void =>
    sink.emit({
      event,
      ...identity(mine.dmabuf),
      attachment: String(mine.id),
      isDynamic: mine.importer !== null,
      device: mine.dev.name,
    })

  /** Asks the exporter, and hands the list out as DMABUF_DEBUG wants it. */
  const mapNow = (mine: LiveAttachment, dir: Direction, path: readonly string[]): KResult<SgTable> => {
    const { ops } = mine.dmabuf
    const table = call(path, () => ops.map(mine, dir))
    if (!table.ok) return table
    const handed = debug.hand(table.value)
    if (!handed.ok) {
      ops.unmap(mine, table.value, dir)
      return handed
    }
    mine.genuine = table.value
    if (handed.value.origNents === 0) tellPageLess(mine)
    return handed
  }

  /** An importer that looks at pages finds none. */
  const tellPageLess = ({ dmabuf, dev }: LiveAttachment): void => {
    const text = `${dev.name} got a list of ${dmabuf.owner} (${dmabuf.expName}) that has bus addresses and no pages`
    sink.emit({ event: 'kernel_quirk', code: 'list-without-pages', text, device: dev.name })
  }

  /** The exporter fixes its memory while an importer that cannot follow it has it mapped. Models: Linux v6.18 drivers/dma-buf/dma-buf.c: dma_buf_pin_on_map */
  const pinFor = (mine: LiveAttachment): KResult<void> => {
    const { dynamic } = mine.dmabuf.ops
    if (dynamic === undefined || mine.importer !== null || facts.dmabufKeepsTables) return ok(undefined)
    const pinned = dynamic.pin(mine)
    mine.pinned = pinned.ok
    return pinned
  }
  const unpinAfter = (mine: LiveAttachment): void => {
    if (mine.pinned) mine.dmabuf.ops.dynamic?.unpin(mine)
    mine.pinned = false
  }

  const unmapKept = (mine: LiveAttachment): void => {
    const { cached, genuine, dmabuf } = mine
    if (cached !== null && genuine !== null) {
      debug.takeBack(cached.table, genuine)
      call('dma_buf_detach', () => dmabuf.ops.unmap(mine, genuine, cached.dir))
    }
    mine.cached = null
    mine.genuine = null
    unpinAfter(mine)
  }

  /** One side can move and the other cannot: the memory is fixed and mapped for the whole attachment. */
  const keepMapped = (mine: LiveAttachment): KResult<void> => {
    const { dynamic } = mine.dmabuf.ops
    if (dynamic !== undefined) {
      const pinned = dynamic.pin(mine)
      if (!pinned.ok) return pinned
      mine.pinned = true
    }
    const table = mapNow(mine, DIR.BIDIRECTIONAL, ['dma_buf_dynamic_attach', ...mapDmaBuf.map])
    if (table.ok) {
      mine.cached = { table: table.value, dir: DIR.BIDIRECTIONAL }
      return ok(undefined)
    }
    unmapKept(mine)
    return table
  }

  /**
   * Undoes a mapping that the core kept. What a static importer still has mapped otherwise stays mapped: that is the exporter's
   * business, or a leak.
   * Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_detach
   */
  const detach = (buf: DmaBuf, attachment: DmaBufAttachment): void => {
    const dmabuf = own(buf)
    const mine = mineOf(attachment)
    unmapKept(mine)
    dmabuf.attachments.splice(dmabuf.attachments.indexOf(mine), 1)
    call('dma_buf_detach', () => dmabuf.ops.detach(dmabuf, mine))
    trace('dma_buf_detach', mine)
  }

  return {
    /** The exporter may refuse. Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_dynamic_attach */
    attach: (buf: DmaBuf, dev: Device, importer?: DynamicImporter): KResult<DmaBufAttachment> => {
      const dmabuf = own(buf)
      lastId += 1
      const mine: LiveAttachment = {
        id: lastId,
        dmabuf,
        dev,
        peer2peer: importer?.allowPeer2peer === true,
        priv: null,
        sgt: null,
        cached: null,
        genuine: null,
        pinned: false,
        importer: importer ?? null,
      }
      const path = attachmentLock ? ['dma_buf_attach', 'dma_buf_dynamic_attach'] : ['dma_buf_attach']
      const attached = call(path, () => dmabuf.ops.attach(dmabuf, mine))
      if (!attached.ok) return attached
      dmabuf.attachments.push(mine)
      trace('dma_buf_dynamic_attach', mine)
      if (!facts.dmabufKeepsTables || (importer !== undefined) === (dmabuf.ops.dynamic !== undefined)) return ok(mine)
      const kept = keepMapped(mine)
      if (kept.ok) return ok(mine)
      detach(buf, mine)
      return kept
    },

    /** Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_pin */
    pin: (attachment) => {
      const mine = mineOf(attachment)
      if (mine.importer === null) return fail('EINVAL', `attachment ${mine.id} is static: it is pinned all the time`)
      return mine.dmabuf.ops.dynamic?.pin(mine) ?? ok(undefined)
    },
    unpin: (attachment) => mineOf(attachment).dmabuf.ops.dynamic?.unpin(mineOf(attachment)),

    /** Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_move_notify */
    moveNotify: (buf) => {
      for (const mine of own(buf).attachments) mine.importer?.moveNotify(mine)
    },

    detach,

    /**
     * EBUSY: the kept mapping is for another direction. Else what the exporter says.
     * Models: Linux v6.12 drivers/dma-buf/dma-buf.c: dma_buf_map_attachment
     */
    mapAttachment: (attachment, dir) => {
      const mine = mineOf(attachment)
      if (mine.cached !== null) {
        if (mine.cached.dir !== dir && mine.cached.dir !== DIR.BIDIRECTIONAL)
          return fail('EBUSY', `attachment ${mine.id} is mapped ${dirName(mine.cached.dir)}`)
        mine.sgt = mine.cached.table
        return ok(mine.cached.table)
      }
      const pinned = pinFor(mine)
      if (!pinned.ok) return pinned
      const handed = mapNow(mine, dir, lockedPath('dma_buf_map_attachment', mapDmaBuf.map))
      if (!handed.ok) {
        unpinAfter(mine)
        return handed
      }
      mine.sgt = handed.value
      if (facts.dmabufKeepsTables && mine.dmabuf.ops.cacheSgtMapping === true)
        mine.cached = { table: handed.value, dir }
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
      call(lockedPath('dma_buf_unmap_attachment', mapDmaBuf.unmap), () => mine.dmabuf.ops.unmap(mine, genuine, dir))
      unpinAfter(mine)
    },
  }
}
