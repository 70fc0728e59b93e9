// An allocator as a plug-in: video buffers in ordinary cached pages, kept mapped for their device and synced around each use, instead of
// coherent memory; with a driver and a board that use it. MMAP and DMABUF; no USERPTR.
import type {
  AllocatorDef,
  Device,
  Direction,
  DmaBuf,
  DmaBufAttachment,
  DriverDef,
  FrameFormat,
  KernelVaddr,
  KResult,
  Pfn,
  PluginApi,
  PluginFactory,
  SgTable,
  UserMapping,
  Vb2Buffer,
  Vb2Mem,
} from '@dmalab/api'

/** A buffer of this allocator: pages of its own, or what it imports. */
interface Mem extends Vb2Mem {
  readonly dev: Device
  readonly priv: { pfn: Pfn | null; attachment: DmaBufAttachment | null }
}
/** vb2 gives back what it was given. */
const own = (mem: Vb2Mem): Mem => mem as Mem
const exported = (dbuf: DmaBuf): Mem => dbuf.priv as Mem
const listOf = (attachment: DmaBufAttachment): SgTable => attachment.priv as SgTable

const there = <T>(value: T | null, what: string): T => {
  if (value === null) throw new Error(`no ${what}`)
  return value
}
const pagesOf = (mem: Mem): Pfn => there(mem.priv.pfn, 'pages')
const tableOf = (mem: Mem): SgTable => there(mem.table, 'table')
const addressOf = (mem: Mem): KernelVaddr => there(mem.vaddr, 'address')
const attachmentOf = (mem: Mem): DmaBufAttachment => there(mem.priv.attachment, 'attachment')

const allocator = (api: PluginApi): AllocatorDef => ({
  name: 'my-thing',
  source: 'my own',
  caps: { contiguous: true, userptr: false, dma: true },
  create: (host) => {
    const { DIR, fail, ok, pageAlign, physOf } = api

    const newBuffer = (dev: Device, size: number, dir: Direction, owner: string): Mem => ({
      dev,
      size,
      owner,
      dir,
      attrs: 0,
      vaddr: null,
      cookie: null,
      dmaAddr: api.dma(0),
      table: null,
      refcount: 0,
      dbuf: null,
      priv: { pfn: null, attachment: null },
    })
    const length = (mem: Mem): number => pageAlign(mem.size)
    const oneEntry = (mem: Mem): KResult<SgTable> => {
      const list = host.sgAlloc(1)
      if (list.ok) list.value.setPage(0, { kind: 'page', pfn: pagesOf(mem) }, length(mem), 0)
      return list
    }

    const put = (given: Vb2Mem): void => {
      const mem = own(given)
      mem.refcount -= 1
      if (mem.refcount > 0) return
      host.dma.unmapSgAttrs(mem.dev, tableOf(mem), DIR.BIDIRECTIONAL, 0)
      host.sgFree(tableOf(mem))
      host.mem.freeContiguous(pagesOf(mem), length(mem))
      mem.table = null
      mem.vaddr = null
    }
    const mmap = (mem: Mem): KResult<UserMapping> =>
      ok({ phys: physOf(pagesOf(mem)), len: length(mem), kind: 'cached' })

    /** Each importer gets a list of its own and maps it when it asks. */
    const exporter = host.exporter('my-thing', {
      attach: (dbuf, attachment) => {
        const list = oneEntry(exported(dbuf))
        if (!list.ok) return list
        attachment.priv = list.value
        return ok(undefined)
      },
      detach: (_dbuf, attachment) => host.sgFree(listOf(attachment)),
      map: (attachment, dir) => {
        const mapped = host.dma.mapSgAttrs(attachment.dev, listOf(attachment), dir, host.kernel.vb2ImportAttrs)
        return mapped.ok ? ok(listOf(attachment)) : mapped
      },
      unmap: (attachment, table, dir) => host.dma.unmapSgAttrs(attachment.dev, table, dir, host.kernel.vb2ImportAttrs),
      release: (dbuf) => put(exported(dbuf)),
      beginCpuAccess: (dbuf) => {
        const mem = exported(dbuf)
        host.dma.syncSgForCpu(mem.dev, tableOf(mem), mem.dir)
        return ok(undefined)
      },
      endCpuAccess: (dbuf) => {
        const mem = exported(dbuf)
        host.dma.syncSgForDevice(mem.dev, tableOf(mem), mem.dir)
        return ok(undefined)
      },
      mmap: (dbuf) => mmap(exported(dbuf)),
      vmap: (dbuf) => ok(addressOf(exported(dbuf))),
      vunmap: () => undefined,
      kmap: () => fail('EINVAL', 'dma_buf_ops has no kmap'),
    })

    return {
      alloc: (dev, size, dir, owner) => {
        if (dev === null) return fail('EINVAL', 'the driver named no device')
        const mem = newBuffer(dev, size, dir, owner)
        const pages = host.mem.allocContiguous(length(mem), { owner })
        if (!pages.ok) return pages
        const undo = <T>(failed: T): T => {
          host.mem.freeContiguous(pages.value, length(mem))
          return failed
        }
        mem.priv.pfn = pages.value
        mem.vaddr = host.mem.linearAddress(physOf(pages.value))
        host.mem.memset(mem.vaddr, 0, length(mem))
        const list = oneEntry(mem)
        if (!list.ok) return undo(list)
        // Both ways: the zeros lie in the cache, and mapping for the device to write would only throw them away.
        const mapped = host.dma.mapSgAttrs(dev, list.value, DIR.BIDIRECTIONAL, 0)
        if (!mapped.ok) {
          host.sgFree(list.value)
          return undo(fail('ENOMEM', mapped.why))
        }
        mem.table = list.value
        mem.dmaAddr = list.value.entry(0).dmaAddress
        mem.refcount = 1
        return ok(mem)
      },
      put,
      getDmabuf: (mem) => {
        const made = host.dmaBuf.export({
          expName: 'my_thing',
          size: mem.size,
          ops: exporter,
          priv: mem,
          owner: mem.owner,
        })
        if (made.ok) mem.refcount += 1
        return made
      },
      getUserptr: () => fail('EINVAL', 'my-thing has no USERPTR'),
      putUserptr: () => undefined,
      prepare: (given) => {
        const mem = own(given)
        if (mem.priv.attachment === null) host.dma.syncSgForDevice(mem.dev, tableOf(mem), mem.dir)
      },
      finish: (given) => {
        const mem = own(given)
        if (mem.priv.attachment === null) host.dma.syncSgForCpu(mem.dev, tableOf(mem), mem.dir)
      },
      attachDmabuf: (dev, dbuf, size, dir) => {
        if (dev === null) return fail('EINVAL', 'the driver named no device')
        if (dbuf.size < size) return fail('EFAULT', `${dbuf.owner} has ${dbuf.size} bytes, the plane needs ${size}`)
        const attachment = host.dmaBuf.attach(dbuf, dev)
        if (!attachment.ok) return attachment
        const mem = newBuffer(dev, size, dir, dbuf.owner)
        mem.dbuf = dbuf
        mem.priv.attachment = attachment.value
        return ok(mem)
      },
      detachDmabuf: (given) => {
        const mem = own(given)
        if (mem.dbuf !== null) host.dmaBuf.detach(mem.dbuf, attachmentOf(mem))
        mem.priv.attachment = null
        mem.dbuf = null
      },
      mapDmabuf: (given) => {
        const mem = own(given)
        const table = host.dmaBuf.mapAttachment(attachmentOf(mem), mem.dir)
        if (!table.ok) return fail('EINVAL', table.why)
        const { dmaAddress, dmaLength } = table.value.entry(0)
        if (dmaLength < mem.size) {
          host.dmaBuf.unmapAttachment(attachmentOf(mem), table.value, mem.dir)
          return fail('EFAULT', `${mem.dev.name} sees ${dmaLength} of ${mem.size} bytes in one piece`)
        }
        mem.table = table.value
        mem.dmaAddr = dmaAddress
        return ok(undefined)
      },
      unmapDmabuf: (given) => {
        const mem = own(given)
        host.dmaBuf.unmapAttachment(attachmentOf(mem), tableOf(mem), mem.dir)
        mem.table = null
        mem.dmaAddr = api.dma(0)
      },
      vaddr: (mem) => mem.vaddr,
      cookie: (mem) => mem.dmaAddr,
      numUsers: (mem) => mem.refcount,
      mmap: (mem) => {
        mem.refcount += 1
        return mmap(own(mem))
      },
    }
  },
})

const camera = (api: PluginApi): DriverDef => ({
  name: 'my-thing-camera',
  source: 'my own',
  classes: [], // only boards that name it get it
  maxSegmentSize: 2 ** 32 - 1, // a device that takes any length in one piece says so
  create: (host) => {
    let format: FrameFormat = { width: 0, height: 0, planes: [] }
    let waiting: Vb2Buffer[] = []
    let frame = 0
    const queue = host.createQueue({
      name: `${host.device.name} CAPTURE`,
      type: 'VIDEO_CAPTURE_MPLANE',
      allocator: 'my-thing',
      ioModes: ['MMAP', 'DMABUF'],
      symbols: (op) => [`vb2_ioctl_${op}`],
      planes: () => format.planes.map(({ size }) => ({ size, dev: host.device })),
      onQueue: (buffer) => {
        waiting.push(buffer)
      },
      onStart: () => api.ok(undefined),
      onStop: () => {
        waiting = []
      },
    })

    /** The hardware: it writes by bus address, and the model knows what it reaches. */
    const paint = (buffer: Vb2Buffer): void => {
      const bytesused = format.planes.map(({ payload }, p) => {
        const plane = buffer.planes[p]
        if (plane === undefined || typeof plane.cookie !== 'number') throw new Error(`${queue.name}: no plane ${p}`)
        const { owner } = plane.mem
        const access = { at: plane.cookie, len: payload, owner, buffer: owner }
        host.bus().write(access, { seed: host.contentSeed(frame, p) })
        return payload
      })
      queue.done(buffer, 'DONE', { bytesused, timestamp: frame })
      frame += 1
    }

    return {
      output: null,
      capture: queue,
      display: null,
      setFormat: (_output, capture) => {
        if (queue.memory !== undefined) return api.fail('EBUSY', `${queue.name} has buffers`)
        format = capture ?? format
        return api.ok(undefined)
      },
      work: () => {
        for (const buffer of waiting.splice(0)) host.call('my_camera_irq', () => paint(buffer))
        return []
      },
      close: () => queue.release(),
    }
  },
})

const BOARD = `
name: my-thing-board
title: a board whose camera takes its buffers there
arch: arm64
cpu: { lineSize: 64, aliasing: false }
memory: [{ base: "0x4000_0000", len: "1GiB" }]
devices:
  - { name: camera, class: camera, driver: my-thing-camera, maskBits: 32 }
  - { name: panel, class: display, driver: exynos-drm, maskBits: 32 }
bindings: { v4l2src: camera, kmssink: panel }
`

const plugin: PluginFactory = (api) => ({
  name: 'my-thing',
  allocators: [allocator(api)],
  drivers: [camera(api)],
  boards: [{ file: 'my-thing-board.yaml', text: BOARD }],
})
export default plugin
