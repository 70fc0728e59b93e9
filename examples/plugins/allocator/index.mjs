// vb2-dma-pages: video buffers in ordinary cached pages, kept mapped for their device and synced around each use, instead of
// coherent memory. MMAP and DMABUF; no USERPTR.

/** @param {import('@dmalab/api').PluginApi} api @returns {import('@dmalab/api').AllocatorDef} */
const dmaPages = (api) => ({
  name: 'vb2-dma-pages',
  source: 'example',
  caps: { contiguous: true, userptr: false, dma: true },
  create: (host) => {
    const { DIR, fail, ok, pageAlign, physOf } = api

    const newBuffer = (dev, size, dir, owner) => ({
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
    const length = (mem) => pageAlign(mem.size)
    const oneEntry = (mem) => {
      const list = host.sgAlloc(1)
      if (list.ok) list.value.setPage(0, { kind: 'page', pfn: mem.priv.pfn }, length(mem), 0)
      return list
    }

    const put = (mem) => {
      mem.refcount -= 1
      if (mem.refcount > 0) return
      host.dma.unmapSgAttrs(mem.dev, mem.table, DIR.BIDIRECTIONAL, 0)
      host.sgFree(mem.table)
      host.mem.freeContiguous(mem.priv.pfn, length(mem))
      mem.table = null
      mem.vaddr = null
    }
    const mmap = (mem) => ok({ phys: physOf(mem.priv.pfn), len: length(mem), kind: 'cached' })

    /** Each importer gets a list of its own and maps it when it asks. */
    const exporter = host.exporter('vb2-dma-pages', {
      attach: (dbuf, attachment) => {
        const list = oneEntry(dbuf.priv)
        if (!list.ok) return list
        attachment.priv = list.value
        return ok(undefined)
      },
      detach: (_dbuf, attachment) => host.sgFree(attachment.priv),
      map: (attachment, dir) => {
        const mapped = host.dma.mapSgAttrs(attachment.dev, attachment.priv, dir, host.kernel.vb2ImportAttrs)
        return mapped.ok ? ok(attachment.priv) : mapped
      },
      unmap: (attachment, table, dir) => host.dma.unmapSgAttrs(attachment.dev, table, dir, host.kernel.vb2ImportAttrs),
      release: (dbuf) => put(dbuf.priv),
      beginCpuAccess: ({ priv: mem }) => {
        host.dma.syncSgForCpu(mem.dev, mem.table, mem.dir)
        return ok(undefined)
      },
      endCpuAccess: ({ priv: mem }) => {
        host.dma.syncSgForDevice(mem.dev, mem.table, mem.dir)
        return ok(undefined)
      },
      mmap: (dbuf) => mmap(dbuf.priv),
      vmap: (dbuf) => ok(dbuf.priv.vaddr),
      vunmap: () => {},
      kmap: () => fail('EINVAL', 'dma_buf_ops has no kmap'),
    })

    return {
      alloc: (dev, size, dir, owner) => {
        const mem = newBuffer(dev, size, dir, owner)
        const pages = host.mem.allocContiguous(length(mem), { owner })
        if (!pages.ok) return pages
        const undo = (failed) => {
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
          expName: 'vb2_dma_pages',
          size: mem.size,
          ops: exporter,
          priv: mem,
          owner: mem.owner,
        })
        if (made.ok) mem.refcount += 1
        return made
      },
      getUserptr: () => fail('EINVAL', 'vb2-dma-pages has no USERPTR'),
      putUserptr: () => {},
      prepare: (mem) => {
        if (mem.priv.attachment === null) host.dma.syncSgForDevice(mem.dev, mem.table, mem.dir)
      },
      finish: (mem) => {
        if (mem.priv.attachment === null) host.dma.syncSgForCpu(mem.dev, mem.table, mem.dir)
      },
      attachDmabuf: (dev, dbuf, size, dir) => {
        if (dbuf.size < size) return fail('EFAULT', `${dbuf.owner} has ${dbuf.size} bytes, the plane needs ${size}`)
        const attachment = host.dmaBuf.attach(dbuf, dev)
        if (!attachment.ok) return attachment
        const mem = newBuffer(dev, size, dir, dbuf.owner)
        mem.dbuf = dbuf
        mem.priv.attachment = attachment.value
        return ok(mem)
      },
      detachDmabuf: (mem) => {
        host.dmaBuf.detach(mem.dbuf, mem.priv.attachment)
        mem.priv.attachment = null
        mem.dbuf = null
      },
      mapDmabuf: (mem) => {
        const table = host.dmaBuf.mapAttachment(mem.priv.attachment, mem.dir)
        if (!table.ok) return fail('EINVAL', table.why)
        const { dmaAddress, dmaLength } = table.value.entry(0)
        if (dmaLength < mem.size) {
          host.dmaBuf.unmapAttachment(mem.priv.attachment, table.value, mem.dir)
          return fail('EFAULT', `${mem.dev.name} sees ${dmaLength} of ${mem.size} bytes in one piece`)
        }
        mem.table = table.value
        mem.dmaAddr = dmaAddress
        return ok(undefined)
      },
      unmapDmabuf: (mem) => {
        host.dmaBuf.unmapAttachment(mem.priv.attachment, mem.table, mem.dir)
        mem.table = null
        mem.dmaAddr = api.dma(0)
      },
      vaddr: (mem) => mem.vaddr,
      cookie: (mem) => mem.dmaAddr,
      numUsers: (mem) => mem.refcount,
      mmap: (mem) => {
        mem.refcount += 1
        return mmap(mem)
      },
    }
  },
})

/** @type {import('@dmalab/api').PluginFactory} */
export default (api) => ({ name: 'dmalab-example-allocator', allocators: [dmaPages(api)] })
