// The RFC 'arm: dma: fix sharing of coherent DMA memory without struct page' (5 April 2017), written as a user would: in a file of
// one's own, with what a plug-in is given. It answers as the built-in nopage-rfc does.

const NOPAGE = 1024 // DMA_ATTR_DEV_COHERENT_NOPAGE, bit 10

/** @type {import('@dmalab/api').PluginFactory} */
export default (api) => {
  const { fail, has, hex, pageAlign, pfnOf } = api

  /** A valid pfn wins over the tag; the attributes are stored either way, the handle only with the tag. */
  const getSgtable = (next, host) => ({
    ...next,
    getSgtable: (cpuAddr, handle, size, attrs) => {
      const at = host.dmaToPhys(handle)
      const valid = at !== undefined && host.mem.pfnValid(pfnOf(at))
      const tagged = has(attrs, NOPAGE)
      if (!valid && !tagged) return fail('ENXIO', `the buffer at ${hex(handle)} has no struct page and no tag`)
      const list = host.sgAlloc(1)
      if (!list.ok) return list
      const page = valid ? { kind: 'page', pfn: pfnOf(at) } : { kind: 'vaddr', at: cpuAddr }
      list.value.setPage(0, page, pageAlign(size), 0)
      list.value.setAttrs(0, attrs)
      if (tagged) list.value.setDma(0, handle, host.kernel.sgDmaLength ? 0 : pageAlign(size))
      return list
    },
  })

  /** Does an allocation lie in the device's pool? The length is a C int. */
  const checkDevCoherent = (dev, handle, cpuAddr) => {
    const pool = dev?.pool ?? null
    if (pool === null) return false
    const size = Number(BigInt.asIntN(32, BigInt(pool.pages) * 4096n))
    const inBus = handle >= pool.deviceBase && handle < pool.deviceBase + size
    return inBus && cpuAddr >= pool.virtBase && cpuAddr < pool.virtBase + BigInt(size)
  }

  /** The tag goes into buf->attrs, and so to free, mmap and get_sgtable. */
  const tagPoolMemory = (next) => ({
    ...next,
    alloc: (dev, size, dir, owner, options) => {
      const made = next.alloc(dev, size, dir, owner, options)
      if (made.ok && checkDevCoherent(dev, made.value.dmaAddr, made.value.cookie ?? 0n)) made.value.attrs |= NOPAGE
      return made
    },
  })

  const rfc = {
    name: 'my-nopage',
    title: 'the RFC of 2017, by hand',
    source: 'RFC arm: dma: fix sharing of coherent DMA memory without struct page, 5 Apr 2017',
    appliesTo: ['arm@4.11'],
    conflicts: { 'nopage-rfc': 'it is the same patch' },
    hunks: [
      { file: 'arch/arm/mm/dma-mapping.c', what: 'get_sgtable carries the handle; map and unmap skip tagged entries' },
      { file: 'drivers/base/dma-coherent.c', what: 'dma_check_dev_coherent()' },
      { file: 'drivers/media/v4l2-core/videobuf2-dma-contig.c', what: 'tags pool memory; attach copies the tag' },
      { file: 'include/linux', what: 'the attribute bit; dma_attrs in struct scatterlist' },
    ],
    ops: { arm: getSgtable, 'arm-coherent': getSgtable },
    sg: {
      skip: { map: NOPAGE, unmap: NOPAGE },
      attachCopies: ['attrs', 'dmaAddress'],
      cFields: { dma_attrs: { type: 'unsigned long', bytes32: 4, bytes64: 8 } },
    },
    exports: () => ({ dma_check_dev_coherent: checkDevCoherent }),
    allocators: { 'vb2-dma-contig': tagPoolMemory },
    attrs: { DEV_COHERENT_NOPAGE: NOPAGE },
    caps: { arm: { pageless: 'carried' }, 'arm-coherent': { pageless: 'carried' } },
  }
  return { name: 'dmalab-example-patch', patches: [rfc] }
}
