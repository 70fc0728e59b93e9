// The RFC 'arm: dma: fix sharing of coherent DMA memory without struct page' (5 April 2017), written as a user would: in a file of
// one's own, with what a plug-in is given. It answers as the built-in nopage-rfc does.

const NOPAGE = 1024 // DMA_ATTR_DEV_COHERENT_NOPAGE, bit 10
const DMA_MAPPING = 'arch/arm/mm/dma-mapping.c'
const DMA_CONTIG = 'drivers/media/v4l2-core/videobuf2-dma-contig.c'

/** @type {import('@dmalab/api').PluginFactory} */
export default (api) => {
  const { fail, has, hex, pageAlign, pfnOf, withBits } = api

  /** A valid pfn wins over the tag; the attributes are stored either way, the handle only with the tag. */
  const getSgtable = (_next, host) => (cpuAddr, handle, size, attrs) => {
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
  }

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
      const tagged = made.ok && checkDevCoherent(dev, made.value.dmaAddr, made.value.cookie ?? 0n)
      if (tagged) made.value.attrs = withBits(made.value.attrs, NOPAGE)
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
      { file: DMA_MAPPING, symbol: 'arm_dma_get_sgtable', what: 'carries the handle where there is no page' },
      { file: DMA_MAPPING, symbol: 'arm_dma_map_sg', what: 'skips tagged entries; dma_length is set before' },
      { file: DMA_MAPPING, symbol: 'arm_dma_unmap_sg', what: 'skips tagged entries' },
      { file: 'drivers/base/dma-coherent.c', symbol: 'dma_check_dev_coherent', what: 'new' },
      { file: DMA_CONTIG, symbol: 'vb2_dc_alloc', what: 'tags pool memory' },
      { file: DMA_CONTIG, symbol: 'vb2_dc_dmabuf_ops_attach', what: 'copies the attributes, and a tagged handle' },
      { file: 'include/linux/scatterlist.h', symbol: 'struct scatterlist', what: 'gets dma_attrs' },
    ],
    functions: { arm_dma_get_sgtable: getSgtable }, // in every op table that calls it
    sg: {
      skip: { map: { bits: NOPAGE, sets: ['dmaLength'] }, unmap: { bits: NOPAGE, sets: [] } },
      attachCopies: [
        { member: 'dmaAddress', only: NOPAGE },
        { member: 'attrs', only: 0 },
      ],
      cFields: { dma_attrs: { type: 'unsigned long', bytes32: 4, bytes64: 8 } },
    },
    exports: () => ({ dma_check_dev_coherent: checkDevCoherent }),
    allocators: { 'vb2-dma-contig': tagPoolMemory },
    attrs: { DEV_COHERENT_NOPAGE: NOPAGE },
    caps: { arm_dma_get_sgtable: { pageless: 'carried' } },
  }
  return { name: 'dmalab-example-patch', patches: [rfc] }
}
