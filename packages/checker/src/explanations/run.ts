// Findings of model runs: data, faults, page pointers.
import type { Explanation } from './explanation.ts'

export const RUN = {
  'wrong-bytes': {
    what: 'A reader got bytes that differ from what the writer wrote. The model compares every access with the content that belongs there.',
    why: 'This is the corrupt picture, the green frame, the broken packet. Earlier findings usually name the cause: a missing sync, a bounce that was not copied, a wrong address.',
    source: 'the model; on hardware nothing notices',
    fixes: [
      'look for an earlier finding about the same buffer',
      'bracket CPU access with syncs, or DMA_BUF_IOCTL_SYNC in user space',
      'check that both sides agree about coherence: a `dma-coherent` property that the hardware does not keep is a common cause',
    ],
  },
  'foreign-memory': {
    what: 'A device reached memory that its buffer does not own.',
    why: 'A read leaks what lies there, a write corrupts its owner, often long before it is noticed. Without an IOMMU nothing stops it.',
    source: 'the model; with an IOMMU the access faults (drivers/iommu)',
    fixes: [
      'program the address that the DMA API returned, not a physical address',
      'check length and stride given to the device',
      'put the device behind an IOMMU to find the access on hardware',
    ],
  },
  'kernel-oops': {
    what: 'The modelled kernel faulted. The call path is the one a console would show.',
    why: 'The task dies with its locks held, or the machine stops.',
    source: 'the function named in the finding',
    fixes: [
      'read the path from the outside in: the first symbol that belongs to a driver made the wrong call',
      'compare with other kernels: `dmalab compare` shows which release or patch changes the outcome',
    ],
  },
  'type-confusion': {
    what: 'Something that is not a struct page was used as one: memory of a per-device pool outside RAM has none, but its scatterlist names one all the same.',
    why: 'What is read are whatever bytes lie there. With luck the pointer faults at once; without, flags and addresses are made of foreign memory.',
    source: 'kernel/dma/mapping.c: dma_common_get_sgtable, include/linux/scatterlist.h: sg_page',
    fixes: [
      'do not touch sg_page() of an imported dma-buf: only DMA addresses and lengths belong to the importer',
      'let the exporter refuse (-ENXIO), or import with DMA_ATTR_SKIP_CPU_SYNC',
      'use a reusable (CMA) region instead of no-map: it has struct pages',
    ],
  },
  'page-less-export': {
    what: 'A scatterlist was made for memory that has no struct page: its entries name a page that does not exist, or one of unrelated RAM.',
    why: 'It works as long as nothing uses the page: a syncing importer, a bounce or a CPU mapping of the page then faults or reads nonsense. Where the pointer leads to unrelated RAM, an importer maps that memory, and its device overwrites it.',
    source: 'kernel/dma/mapping.c: dma_get_sgtable_attrs',
    fixes: [
      'a pool inside RAM, or a CMA region, has struct pages',
      'import with DMA_ATTR_SKIP_CPU_SYNC; both sides must need no cache work',
      'release 7.x: page-less dma-buf tables',
    ],
  },
  'import-copied': {
    what: 'The device behind a sink refused the dma-bufs that it was given, and the sink copies each picture into buffers of its own instead, as kmssink, waylandsink and the GL sinks of GStreamer do.',
    why: 'Pictures are shown, so the cost stays hidden: the CPU reads and writes each of them once more, often from memory that is not cached, and nothing in the log but a line of level INFO or a performance category says so.',
    source:
      'GStreamer sys/kms/gstkmssink.c: gst_kms_sink_get_input_buffer (prints "frame copy"); ext/wayland/gstwaylandsink.c: gst_wayland_sink_show_frame; gst-libs/gst/gl/gstglupload.c',
    fixes: [
      'let the producer take memory that the device accepts: one piece for a display without an IOMMU, from dma-contig or a CMA heap',
      'or let the producer fill buffers of the display: capture-io-mode=dmabuf-import before kmssink',
      'a caps filter video/x-raw(memory:DMABuf) before the sink forbids the copy: the line then fails, and says why',
    ],
  },
} as const satisfies Record<string, Explanation>
