// What an exploration's own codes mean, as `dmalab explain` tells it.
import { type ExplainedCode, EXPLORED, type ExploredCode } from '@dmalab/api'

const EXPLANATIONS: Readonly<Record<ExploredCode, Pick<ExplainedCode, 'what' | 'why' | 'source' | 'fixes'>>> = {
  refused: {
    what: 'A call ends with an errno, and the same calls work with ordinary memory, on the kernel below the patch, or on the release before.',
    why: 'User space or a driver sees a failure where it did everything right. A refusal may be what is wanted: a page-less buffer that is refused is better than one that faults.',
    source: 'the function that is named refuses',
    fixes: ['let the call work, or refuse where the buffer is made, so that no caller relies on it'],
  },
  'memory-lost': {
    what: 'Everything was given back in good order, and the machine has not what it had: memory, bounce slots, bus addresses, lists or references.',
    why: 'Each time a little is lost, until there is nothing left for anybody. Error paths are the usual place.',
    source: 'the unwind of the function in which a call failed, or the release function of the buffer',
    fixes: ['undo every step of a function in the reverse order when a later one fails'],
  },
  'list-grows': {
    what: 'struct scatterlist has a new member: a page holds fewer entries.',
    why: 'Long lists chain earlier, pools of lists take more memory, and 128 entries, as block layer and SCSI take them at once, may no longer fit a page. All drivers pay for it.',
    source: 'include/linux/scatterlist.h: struct scatterlist; lib/scatterlist.c: SG_MAX_SINGLE_ALLOC',
    fixes: ['keep what belongs to the buffer in its dma-buf or sg_table, not in every entry'],
  },
  'attribute-collides': {
    what: 'A bit that the patch gives a meaning is another attribute on another release.',
    why: 'Ported there, or backported from there, a flag of the one meaning is acted on with the other: DMA_ATTR_MMIO on memory makes mappings fail and skips cache maintenance.',
    source: 'include/linux/dma-mapping.h',
    fixes: ['take the next free bit of the release that the patch goes to', 'do not keep the bit beyond one call'],
  },
  'does-not-build': {
    what: 'A configuration of the kernel does not build with the patch.',
    why: 'A function is called whose declaration, or whose stub, is missing without that option.',
    source: 'the header that declares the function',
    fixes: ['give a static inline stub in the #else branch'],
  },
  'field-kept': {
    what: 'A member of list entries is set by some functions and cleared by none: sg_set_page() puts another page into the entry and leaves the mark.',
    why: 'Tables are used again, entries are copied whole (sg_split, chained lists), and lists on a stack may never have been cleared. An ordinary page in a marked entry is then treated as what was there before: it is not mapped, its caches are not cleaned.',
    source: 'include/linux/scatterlist.h: sg_set_page, sg_assign_page; lib/sg_split.c: sg_split_mapped',
    fixes: ['clear it in sg_set_page() and when the list is unmapped'],
  },
  'first-entry-only': {
    what: 'The function that makes a list marks its first entry alone.',
    why: 'A list of several entries is half marked: loops that ask every entry treat the others as ordinary pages.',
    source: 'the function that is named',
    fixes: ['mark each entry, or the table'],
  },
  'field-in-some-lists': {
    what: 'One exporter marks its lists, others that share the same kind of memory do not.',
    why: 'Whether sharing works depends on the driver that exports. An importer cannot rely on the mark.',
    source: 'the attach and map functions of the other exporters',
    fixes: ['mark where the memory is allocated, in the DMA API, and not in one exporter'],
  },
  'attributes-on-pages': {
    what: 'Attributes of an allocation stay on the entries of ordinary pages.',
    why: 'They were meant for one call. Whatever tests the member later sees bits that have nothing to do with the page.',
    source: 'the get_sgtable function that is named',
    fixes: ['store the bit that is meant, not all attributes'],
  },
  'table-not-taught': {
    what: 'Operations of an op table never look at what the patch writes into lists.',
    why: 'A list goes through the tables of other devices too: behind an IOMMU, with a bounce window, or in a sync, the mark is not seen, and the page pointer is followed.',
    source: 'the functions that are named',
    fixes: ['ask in every function that takes a list: map, unmap and both syncs, in every op table'],
  },
  'length-not-set': {
    what: 'A function that makes lists fills dma_address and leaves dma_length at 0, on kernels whose entries have both (NEED_SG_DMA_LENGTH).',
    why: 'sg_dma_len() of the entry is 0 until something maps it: code that takes address and length as they are programs an empty transfer.',
    source: 'include/linux/scatterlist.h: sg_dma_len; the function that is named',
    fixes: ['set dma_length with dma_address, and copy both'],
  },
  'range-overflows': {
    what: 'A check of the pool counts its length in an int: pages << PAGE_SHIFT is negative from 2 GiB on. Or it compares with the end of the pool: with 32-bit addresses that is 0 for a pool that ends at 4 GiB.',
    why: 'Memory of such a pool is taken for memory of another kind, and goes the way that the patch was to keep it from.',
    source: 'drivers/base/dma-coherent.c: struct dma_coherent_mem.size is an int of pages',
    fixes: [
      'shift a phys_addr_t or an unsigned long',
      'compare the offset into the pool with its length, not two ends',
    ],
  },
  'attribute-passed-on': {
    what: 'An attribute that was set for one call is kept with the buffer, and given to all later calls for it.',
    why: 'dma_mmap_attrs() and dma_free_attrs() get a bit that they do not know; on a release where the bit has another meaning they act on it.',
    source: 'drivers/media/v4l2-core/videobuf2-dma-contig.c: vb2_dc_alloc, vb2_dc_mmap, vb2_dc_put',
    fixes: ['keep what is known of the memory in a member of its own, beside the attributes of the queue'],
  },
}

/** undefined for a code that is no exploration's own. */
export const explainExplored = (code: string): ExplainedCode | undefined => {
  const known = Object.keys(EXPLANATIONS).find((one): one is ExploredCode => one === code)
  return known === undefined ? undefined : { code, severity: 'error', title: EXPLORED[known], ...EXPLANATIONS[known] }
}
