// Defects of the RFC patch of 2017, by number: what each is, and the scenario that shows it.

/** [what happens, files in scenarios/] */
export const DEFECTS: Readonly<Record<string, readonly [what: string, scenarios: readonly string[]]>> = {
  'rd-02': ['struct scatterlist grows for everybody: a page holds fewer entries', ['rd-02-lists-grow']],
  'rd-03': [
    'nothing clears the tag of an entry: a page that is put there later is not mapped',
    ['rd-03-tag-inherited'],
  ],
  'rd-04': [
    'attributes are stored on page-backed entries too; only bit 10 is looked at so far',
    ['rd-04-attributes-on-pages'],
  ],
  'rd-06': [
    'a pool over memory that keeps its struct pages: a real page is tagged, and its cache is not maintained',
    ['rd-06-pool-over-pages'],
  ],
  'rd-07': [
    'an entry holds a CPU address where a page belongs: who reads page->flags reads the picture',
    ['rd-07-page-is-an-address'],
  ],
  'rd-08': [
    'arm_iommu_map_sg knows no tag: the IOMMU is given what page_to_phys() makes of a kernel address',
    ['rd-08-importer-behind-iommu'],
  ],
  'rd-09': [
    'nothing is changed outside arch/arm: other op tables export the memory as before',
    ['rd-09-other-back-ends'],
  ],
  'rd-11': ["the exporter's bus address is copied, and the importer's bus leads elsewhere", ['rd-11-other-bus-view']],
  'rd-13': [
    'the syncs are not guarded: the page fault moves from the map to the first sync',
    ['rd-13-sync-not-guarded', 'rd-13-sync-single-not-guarded'],
  ],
  'rd-15': ['importers that make page arrays of a table count references inside the picture', ['rd-15-page-arrays']],
  'rd-19': [
    'only vb2-dma-contig tags its memory: other exporters get -ENXIO, and one of them follows a NULL pointer',
    ['rd-19-other-exporters'],
  ],
  'rd-25': ['bit 10 is DMA_ATTR_MMIO from v6.18 on', ['release-rfc-bit-is-mmio']],
}
