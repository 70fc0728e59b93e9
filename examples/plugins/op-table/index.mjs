// A SoC whose devices see memory 3 GiB higher than the CPU does, as on BCM2835 (RAM at 0, bus alias at 0xc000_0000), written the way
// vendor kernels of 2017 did it: the offset sits in the op table, not in dma-ranges. Entry by entry, without batch loops.

/** Where the bus shows the first byte of RAM. */
const ALIAS = 0xc000_0000
/** Bytes that the bus shows there. */
const WINDOW = 0x2000_0000

/** @param {import('@dmalab/api').PluginApi} api @returns {import('@dmalab/api').DmaOpsDef} */
const busAlias = (api) => ({
  name: 'bus-alias',
  source: 'example: a vendor op table with a fixed bus offset',
  caps: {
    pageless: 'refused', // what is outside the alias has no page here
    maintainsCaches: true,
    syncTouchesPage: false, // works by physical address, and leaves alone what is outside
    mergesSegments: false,
    bounces: false,
    translates: false,
  },
  symbols: {
    alloc: ['alias_dma_alloc'],
    mapPage: ['alias_dma_map_page'],
    mapSg: ['alias_dma_map_sg'],
    unmapSg: ['alias_dma_unmap_sg'],
  },
  attach: (device, host) => {
    const {
      ATTR,
      DIR,
      PAGE_SIZE,
      dma,
      fail,
      has,
      hex,
      ok,
      pageAlign,
      pagesFor,
      pfnOf,
      phys,
      physOf,
      reaches,
      withBits,
    } = api
    const { cache, mem } = host
    const toDma = (at) => dma(at + ALIAS)
    const toPhys = (handle) => phys(handle - ALIAS)
    const inWindow = (at, len) => at >= ALIAS && at + len <= ALIAS + WINDOW

    // The interconnect: what the device's addresses reach. Without this line it would see memory at the CPU's addresses.
    host.setBusTranslation((at, len) =>
      inWindow(at, len) ? [{ phys: toPhys(at), len }] : [{ fault: `${hex(at)} is outside the bus alias`, len }],
    )

    const toDevice = (at, len, dir) => {
      if (device.facts.coherent || at < 0) return
      cache.dmacMapPhys(at, len, dir)
      if (dir === DIR.FROM_DEVICE) cache.outerInv(at, len)
      else cache.outerClean(at, len)
    }
    const toCpu = (at, len, dir) => {
      if (device.facts.coherent || at < 0 || dir === DIR.TO_DEVICE) return
      cache.outerInv(at, len)
      cache.dmacUnmapPhys(at, len, dir)
    }

    /** One pass over a list, entry by entry: `batch: false` keeps the engine's loop out. Skipped entries are counted by the host. */
    const forEach = (table, nents, dir, skip, summary, each) =>
      host.forEachEntry(
        table,
        nents,
        {
          summary,
          dir,
          maintain: 'none',
          skip,
          assign: false,
          byBusAddress: true,
          byDmaLength: false,
          checkReach: false,
          batch: false,
        },
        each,
      )

    const mapPage = (page, offset, size, dir, attrs) => {
      const at = physOf(mem.pageToPfn(page), offset)
      const handle = toDma(at)
      if (!inWindow(handle, size) || !reaches(device.maskBits, handle, size))
        return fail('EIO', `${device.name} does not reach ${hex(at)}`)
      if (!has(attrs, ATTR.SKIP_CPU_SYNC)) toDevice(at, size, dir)
      return ok(handle)
    }
    const unmapPage = (handle, size, dir, attrs) => {
      if (!has(attrs, ATTR.SKIP_CPU_SYNC)) toCpu(toPhys(handle), size, dir)
    }
    const kindFor = (attrs) =>
      device.facts.coherent ? 'cached' : has(attrs, ATTR.WRITE_COMBINE) ? 'writecombine' : 'uncached'

    const alloc = (size, attrs, owner) => {
      const limit = Math.min(2 ** device.coherentMaskBits, ALIAS + WINDOW) - ALIAS - 1
      if (limit < size) return fail('ENOMEM', `${device.name} reaches no memory`)
      const len = pageAlign(size)
      const pages = mem.allocContiguous(len, { limit, owner })
      if (!pages.ok) return pages
      const at = physOf(pages.value)
      mem.memset(mem.linearAddress(at), 0, len)
      if (!device.facts.coherent) cache.dmacFlushPhys(at, len)
      if (!device.facts.coherent) cache.outerFlush(at, len)
      mem.setLinearKind(at, len, kindFor(attrs))
      return ok({ cpuAddr: mem.linearAddress(at), handle: toDma(at) })
    }

    return {
      alloc,
      allocAtomic: alloc, // nothing here sleeps
      free: (size, _cpuAddr, handle) => {
        mem.setLinearKind(toPhys(handle), pageAlign(size), 'cached')
        mem.freeContiguous(pfnOf(toPhys(handle)), pageAlign(size))
      },
      mmap: (_cpuAddr, handle, size, pgoff, userLen, attrs) =>
        pgoff + pagesFor(userLen) > pagesFor(size)
          ? fail('ENXIO', 'the mapping is longer than the buffer')
          : ok({ phys: phys(toPhys(handle) + pgoff * PAGE_SIZE), len: pageAlign(userLen), kind: kindFor(attrs) }),
      getSgtable: (_cpuAddr, handle, size) => {
        if (!inWindow(handle, size)) return fail('ENXIO', `${hex(handle)} is outside the bus alias`)
        const list = host.sgAlloc(1)
        if (list.ok) list.value.setPage(0, { kind: 'page', pfn: pfnOf(toPhys(handle)) }, pageAlign(size), 0)
        return list
      },
      mapPage,
      unmapPage,
      mapSg: (table, nents, dir, attrs) => {
        const ops = host.ops() // the final table: a patch may have wrapped mapPage
        let failed
        const done = forEach(table, nents, dir, host.skip.map, 'map_sg', (i) => {
          const { page, offset, length } = table.entry(i)
          const mapped = ops.mapPage(page, offset, length, dir, attrs)
          if (mapped.ok) table.setDma(i, mapped.value, length)
          else failed = mapped
          return mapped.ok
        })
        if (failed === undefined) return ok(nents)
        ops.unmapSg(table, done, dir, withBits(attrs, ATTR.SKIP_CPU_SYNC))
        return fail('EIO', `entry ${done}: ${failed.why}`)
      },
      unmapSg: (table, nents, dir, attrs) => {
        forEach(table, nents, dir, host.skip.unmap, 'unmap_sg', (i) => {
          const { dmaAddress, dmaLength } = table.entry(i)
          host.ops().unmapPage(dmaAddress, dmaLength, dir, attrs)
          return true
        })
      },
      mapResource: (at) => fail('EIO', `${hex(at)}: the alias shows memory only`),
      unmapResource: () => {},
      syncSingleForCpu: (handle, size, dir) => toCpu(toPhys(handle), size, dir),
      syncSingleForDevice: (handle, size, dir) => toDevice(toPhys(handle), size, dir),
      syncSgForCpu: (table, nents, dir) => {
        forEach(table, nents, dir, host.skip.sync, null, (i) => {
          const { dmaAddress, length } = table.entry(i)
          host.ops().syncSingleForCpu(dmaAddress, length, dir)
          return true
        })
      },
      syncSgForDevice: (table, nents, dir) => {
        forEach(table, nents, dir, host.skip.sync, null, (i) => {
          const { dmaAddress, length } = table.entry(i)
          host.ops().syncSingleForDevice(dmaAddress, length, dir)
          return true
        })
      },
      dmaSupported: (bits) => bits >= 32,
      requiredMaskBits: () => 32,
      maxMappingSize: () => WINDOW,
    }
  },
})

/** @param {import('@dmalab/api').PluginApi} api @returns {import('@dmalab/api').KernelDef} */
const kernel = (api) => ({
  name: 'arm-alias@4.11',
  arch: 'arm-v4.11',
  title: '32-bit ARM, a vendor tree on Linux 4.11 with a bus alias',
  source: 'example',
  facts: () => ({
    ...api.RELEASES['4.11'],
    sgEntrySize: 16,
    sgDmaLength: false,
    dmaAddrSize: 4,
    physAddrSize: 4,
  }),
  config: {},
  cmdline: {},
  idle: () => ({}),
  ops: [busAlias(api)],
  opsFor: () => 'bus-alias',
})

/** @type {import('@dmalab/api').PluginFactory} */
export default (api) => ({ name: 'dmalab-example-op-table', kernels: [kernel(api)] })
