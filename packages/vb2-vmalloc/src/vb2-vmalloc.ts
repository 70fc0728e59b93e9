// vb2-vmalloc: an allocator for devices whose driver touches pictures with the CPU; no DMA address exists.
import type { AllocatorDef, DmaBufOps, KResult, PluginApi, UserArea, Vb2Mem, Vb2MemOps } from '@dmalab/api'
import { vmallocExporterOps } from './exporter.ts'
import { newVmallocBuf, vfree, type VmallocBuf, type VmallocContext, vmallocBuf, vmallocUser } from './vmalloc-buf.ts'

export const vb2Vmalloc = (api: PluginApi): AllocatorDef => ({
  name: 'vb2-vmalloc',
  source: 'Linux v6.12 drivers/media/common/videobuf2/videobuf2-vmalloc.c, v4.11 drivers/media/v4l2-core',
  caps: { contiguous: false, userptr: true, dma: false },
  create: (host) => {
    const context: VmallocContext = { api, host }
    const { fail, ok } = api

    /** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-vmalloc.c: vb2_vmalloc_put */
    const put = (buf: VmallocBuf): void =>
      host.call('vb2_vmalloc_put', () => {
        buf.refcount -= 1
        if (buf.refcount === 0) vfree(context, buf)
      })

    /**
     * remap_vmalloc_range() from page 0, whatever the area's offset says: a dma-buf that is mapped from a later page on shows its start.
     * EINVAL: more than the buffer.
     * Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-vmalloc.c: vb2_vmalloc_mmap
     */
    const mmap = (buf: VmallocBuf, { len }: UserArea): ReturnType<Vb2MemOps['mmap']> =>
      host.call('vb2_vmalloc_mmap', () => {
        const mapped = api.mapPages(buf.priv.pages, { pgoff: 0, len })
        return mapped.ok ? mapped : fail('EINVAL', mapped.why)
      })

    const exporterOps: DmaBufOps = host.exporter('vb2-vmalloc', vmallocExporterOps(context, { put, mmap }))

    /** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-vmalloc.c: vb2_vmalloc_unmap_dmabuf */
    const unmapDmabuf = (buf: VmallocBuf): void => {
      if (buf.vaddr !== null && buf.dbuf !== null) host.dmaBuf.vunmap(buf.dbuf, buf.vaddr)
      buf.vaddr = null
    }

    return {
      /** ENOMEM. Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-vmalloc.c: vb2_vmalloc_alloc */
      alloc: (dev, size, dir, owner) =>
        host.call('vb2_vmalloc_alloc', (): KResult<Vb2Mem> => {
          const buf = newVmallocBuf(api, { dev, size, dir, owner })
          const memory = vmallocUser(context, buf)
          if (!memory.ok) {
            host.printk('debug', `vmalloc of size ${size} failed`)
            return fail('ENOMEM', memory.why)
          }
          buf.refcount = 1
          return ok(buf)
        }),
      put: (mem) => put(vmallocBuf(mem)),

      /** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-vmalloc.c: vb2_vmalloc_get_dmabuf */
      getDmabuf: (mem) =>
        host.call('vb2_vmalloc_get_dmabuf', () => {
          const buf = vmallocBuf(mem)
          const { size, owner } = buf
          const dbuf = host.dmaBuf.export({ expName: 'videobuf2_vmalloc', size, ops: exporterOps, priv: buf, owner })
          if (dbuf.ok) buf.refcount += 1
          return dbuf
        }),

      /**
       * Memory without struct page is mapped as I/O memory when it is contiguous. EFAULT: not all of it can be pinned. ENOMEM.
       * Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-vmalloc.c: vb2_vmalloc_get_userptr
       */
      getUserptr: (dev, user, size, dir, owner) =>
        host.call('vb2_vmalloc_get_userptr', (): KResult<Vb2Mem> => {
          const pinned = api.pinUser(host.kernel, user, size, dir)
          if (!pinned.ok) return pinned
          const buf = newVmallocBuf(api, { dev, size, dir, owner })
          const offset = api.offsetInPage(user.phys)
          const count = api.pagesFor(offset + size)
          const first = api.pfnOf(user.phys)
          const pages = user.pages?.slice(0, count) ?? Array.from({ length: count }, (_, i) => api.pfn(first + i))
          const paged = pages.every((page) => host.mem.pfnValid(page))
          if (!paged && user.pages !== undefined) return fail('ENOMEM', `${owner} has no struct pages and is scattered`)
          const at = paged
            ? host.mem.vmap(pages, 'cached')
            : host.mem.remap(api.physOf(first), size + offset, 'uncached')
          if (!at.ok) return fail('ENOMEM', at.why)
          buf.priv.mapped = at.value
          buf.vaddr = api.vaddr(at.value + BigInt(offset))
          return ok(buf)
        }),
      /** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-vmalloc.c: vb2_vmalloc_put_userptr */
      putUserptr: (mem) =>
        host.call('vb2_vmalloc_put_userptr', () => {
          const buf = vmallocBuf(mem)
          if (buf.priv.mapped !== null) host.mem.unmap(buf.priv.mapped)
          buf.priv.mapped = null
          buf.vaddr = null
        }),

      /** The CPU sees its own writes: nothing to sync. */
      prepare: () => undefined,
      finish: () => undefined,

      /** No attachment is made: no device is involved. EFAULT: too small. Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-vmalloc.c: vb2_vmalloc_attach_dmabuf */
      attachDmabuf: (dev, dbuf, size, dir) => {
        if (dbuf.size < size) return fail('EFAULT', `${dbuf.owner} has ${dbuf.size} bytes, the plane needs ${size}`)
        const buf = newVmallocBuf(api, { dev, size, dir, owner: dbuf.owner })
        buf.dbuf = dbuf
        return ok(buf)
      },
      /** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-vmalloc.c: vb2_vmalloc_detach_dmabuf */
      detachDmabuf: (mem) => {
        const buf = vmallocBuf(mem)
        unmapDmabuf(buf)
        buf.dbuf = null
      },
      /** EFAULT without a kernel mapping. Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-vmalloc.c: vb2_vmalloc_map_dmabuf */
      mapDmabuf: (mem) =>
        host.call('vb2_vmalloc_map_dmabuf', (): KResult<void> => {
          const buf = vmallocBuf(mem)
          if (buf.dbuf === null) throw new Error(`${buf.owner} is not imported`)
          const at = host.dmaBuf.vmap(buf.dbuf)
          if (!at.ok) return fail('EFAULT', at.why)
          buf.vaddr = at.value
          return ok(undefined)
        }),
      unmapDmabuf: (mem) => host.call('vb2_vmalloc_unmap_dmabuf', () => unmapDmabuf(vmallocBuf(mem))),

      /** Models: Linux v6.12 drivers/media/common/videobuf2/videobuf2-vmalloc.c: vb2_vmalloc_vaddr */
      vaddr: (mem) => {
        if (mem.vaddr === null)
          host.printk('err', 'Address of an unallocated plane requested or cannot map user pointer')
        return mem.vaddr
      },
      /** There is no such operation: the device has no address. */
      cookie: () => null,
      numUsers: (mem) => mem.refcount,
      mmap: (mem, area) => {
        const mapped = mmap(vmallocBuf(mem), area)
        if (mapped.ok) mem.refcount += 1
        return mapped
      },
    }
  },
})
