// The catalogue of finding codes: one append-only list. docs/findings.md explains each; `dmalab explain CODE` prints it.

export type Severity = 'info' | 'warning' | 'error'

/** How a finding relates to the run: what happened, and the events that prove it. */
export interface Finding {
  readonly code: FindingCode | (string & {})
  readonly severity: Severity
  /** One sentence: which buffer, which device, hex addresses, decimal lengths. */
  readonly message: string
  readonly device?: string
  /** Steps (model) or line numbers (log) of the events that prove it. */
  readonly evidence?: readonly number[]
  /** What the kernel's own checker would print for it, one text a message; only where the events give every value. */
  readonly kernelText?: readonly string[]
}

export const FINDINGS = {
  'wrong-bytes': { severity: 'error', title: 'a reader got other bytes than the writer wrote' },
  'foreign-memory': { severity: 'error', title: 'a device accessed memory that its buffer does not own' },
  'leak-mapping': { severity: 'error', title: 'a DMA mapping was never undone' },
  'leak-coherent': { severity: 'error', title: 'coherent memory was never freed' },
  'leak-dma-buf': { severity: 'error', title: 'a dma-buf still has references at the end' },
  'leak-attachment': { severity: 'error', title: 'a device is still attached to a dma-buf at the end' },
  'kernel-oops': { severity: 'error', title: 'the modelled kernel faulted' },
  'type-confusion': { severity: 'error', title: 'something that is not a struct page was read as one' },
  'page-less-export': { severity: 'warning', title: 'a scatterlist names no struct page, or one of other memory' },
  // What CONFIG_DMA_API_DEBUG reports, in the order of its source.
  'unmap-error-cookie': { severity: 'error', title: 'the address of a failed mapping was unmapped' },
  'unmap-not-mapped': { severity: 'error', title: 'DMA memory was unmapped or freed that is not mapped' },
  'unmap-size': { severity: 'error', title: 'unmapped or freed with another size' },
  'unmap-function': { severity: 'error', title: 'unmapped or freed with the function of another kind of mapping' },
  'free-cpu-address': { severity: 'error', title: 'coherent memory freed with another CPU address' },
  'unmap-sg-count': { severity: 'error', title: 'a scatterlist unmapped with another number of entries' },
  'unmap-direction': { severity: 'error', title: 'unmapped with another direction' },
  'unchecked-mapping-error': { severity: 'error', title: 'a mapping was used without asking dma_mapping_error()' },
  'unmap-attributes': { severity: 'error', title: 'unmapped with other attributes' },
  'sync-not-mapped': { severity: 'error', title: 'synced memory that no mapping covers' },
  'sync-outside-range': { severity: 'error', title: 'synced beyond the end of a mapping' },
  'sync-direction': { severity: 'error', title: 'synced with another direction than it was mapped with' },
  'sync-cpu-read-only': { severity: 'error', title: 'memory that only the device reads was synced for the CPU' },
  'sync-device-write-only': { severity: 'error', title: 'memory that only the device writes was synced for it' },
  'sync-sg-count': { severity: 'error', title: 'a scatterlist synced with another number of entries' },
  'map-stack': { severity: 'error', title: 'memory of the stack was mapped' },
  'map-kernel-text': { severity: 'error', title: 'kernel text or read-only data was mapped' },
  'map-invalid-area': { severity: 'error', title: 'an address outside the linear mapping was mapped' },
  'map-vmalloc': { severity: 'error', title: 'vmalloc memory was mapped as if it were contiguous' },
  'sg-segment-too-long': { severity: 'error', title: 'a segment is longer than the device supports' },
  'sg-segment-boundary': { severity: 'error', title: 'a segment crosses the boundary the device names' },
  'map-resource-ram': { severity: 'error', title: 'ordinary RAM was mapped as an MMIO resource' },
  'cacheline-overlap': { severity: 'warning', title: 'two mappings the device writes share a cache line' },
  'cacheline-overlap-overflow': { severity: 'warning', title: 'more than seven mappings share a cache line' },
  'unbind-pending': { severity: 'error', title: 'a driver left mappings behind when it was unbound' },
  'map-zone-device': { severity: 'error', title: 'device memory with struct pages was mapped like RAM' },
  // What the kernel does not check.
  'mapping-failed': { severity: 'info', title: 'the DMA API refused a mapping or allocation' },
  'unmap-before-log': { severity: 'info', title: 'an unmap or sync whose mapping the log does not show' },
  'live-at-end': { severity: 'info', title: 'mapped or allocated when the log ended or the run stopped' },
  'log-incomplete': { severity: 'info', title: 'the log lacks events' },
  'map-zero-length': { severity: 'warning', title: 'nothing was mapped: the length is 0' },
  'overlapping-mappings': { severity: 'warning', title: 'two live mappings the device writes overlap' },
  'conflicting-directions': { severity: 'warning', title: 'two devices hold one buffer with directions that conflict' },
  'device-access-unmapped': { severity: 'error', title: 'a device accessed an address outside every mapping' },
  'device-access-after-unmap': { severity: 'error', title: 'a device accessed a mapping that was already undone' },
  'device-access-overrun': { severity: 'error', title: 'a device ran over the end of its mapping' },
  'device-access-direction': {
    severity: 'error',
    title: 'a device accessed memory against the direction of its mapping',
  },
  'cpu-access-device-owned': { severity: 'warning', title: 'the CPU accessed a buffer that the device owns' },
  'stale-read': { severity: 'error', title: 'the CPU read old bytes because a sync is missing' },
  'missing-sync': { severity: 'warning', title: 'a buffer changed hands without a sync' },
  'bounce-without-sync': { severity: 'warning', title: 'a bounced buffer is never copied again while it stays mapped' },
  'pool-double-free': { severity: 'error', title: 'memory of a coherent pool was freed twice' },
  'pool-overlap': { severity: 'error', title: 'a coherent pool handed out memory that is in use' },
  'dma-buf-use-after-put': { severity: 'error', title: 'a dma-buf was used after its release' },
  'dma-buf-detach-unattached': { severity: 'error', title: 'a device was detached that is not attached' },
  'fence-never-signaled': { severity: 'warning', title: 'a fence was waited for and never signaled' },
  'fence-signaled-twice': { severity: 'error', title: 'a fence was signaled twice' },
  'fence-order': { severity: 'warning', title: 'fences of one timeline were signaled out of order' },
  'vb2-state': { severity: 'error', title: 'a video buffer changed state in an order that the queue does not have' },
  'iommu-fault': { severity: 'error', title: 'the IOMMU stopped an access' },
  // What the kernel's own code gets wrong, as modelled.
  'sg-split-miscount': {
    severity: 'error',
    title: 'sg_split() made a last list of more entries than it was asked for',
  },
  'sg-pages-surplus': { severity: 'warning', title: 'a scatterlist was built from more pages than its size needs' },
  'bounce-sync-refused': { severity: 'error', title: 'a sync of a bounced mapping copied nothing' },
  'unmap-attrs-leak': { severity: 'error', title: 'an unmap undid nothing: it had an attribute that the map lacked' },
  'bounce-unreachable': { severity: 'error', title: 'a bounce buffer lies where its device does not reach' },
  'v7s-split-loses-address': { severity: 'error', title: 'what is left of a split section leads to other memory' },
  'v7s-supersection-split-refused': { severity: 'error', title: 'a piece of a supersection could not be unmapped' },
  'pgtable-block-replaces-live': { severity: 'error', title: 'an IOMMU block silently replaced mapped pages' },
  'pgtable-failed-map-destroys': { severity: 'error', title: 'a refused IOMMU map destroyed mapped pages' },
  'dma-segment-limit-wraps': { severity: 'warning', title: 'segments joined beyond the limit of their device' },
  'dma-unmap-at-top-skipped': { severity: 'error', title: 'a mapping that ends at 2^64 was never unmapped' },
  'iommu-stale-translation': { severity: 'error', title: 'a device reached memory that was already unmapped' },
  'iova-zero-kept': { severity: 'warning', title: 'a mapping at bus address 0 was never unmapped' },
  'bounce-not-synced': {
    severity: 'info',
    title: 'a bounced buffer was never synced, and nothing shows that it was used',
  },
  bounced: { severity: 'info', title: 'mappings of a device were copied through bounce buffers' },
  'device-address-cut': { severity: 'error', title: 'a device was given an address that its mask cuts' },
  'iommu-pages-from-stack': { severity: 'error', title: 'a device was mapped to pages that no allocation gave it' },
  'iommu-memory-as-page-array': { severity: 'error', title: 'memory was taken for an array of page pointers' },
  'tracking-limit': { severity: 'info', title: 'more mappings were live at once than the checker follows' },
  'iommu-refused-memory-lost': {
    severity: 'error',
    title: 'memory of an allocation that an IOMMU refused was never freed',
  },
  'vb2-import-keeps-references': {
    severity: 'error',
    title: 'a refused import of a video buffer kept references to its dma-bufs',
  },
  'attribute-bit-taken': {
    severity: 'error',
    title: 'an attribute bit of a patch means something else in this release',
  },
  'bounce-too-long': {
    severity: 'warning',
    title: 'a piece of memory is longer than any bounce buffer',
  },
  'iova-links-left': {
    severity: 'error',
    title: 'bus addresses were given back while memory was still linked to them',
  },
  'iova-part-lost': {
    severity: 'warning',
    title: 'fewer bus addresses were given back than had been taken',
  },
  'iova-not-synced': { severity: 'warning', title: 'a device used linked memory before dma_iova_sync()' },
  'list-without-pages': { severity: 'info', title: 'an importer got a list of bus addresses that has no pages' },
  'pgtable-part-stays-mapped': {
    severity: 'error',
    title: 'a part of an IOMMU block was unmapped, and the block stays mapped',
  },
  'import-copied': { severity: 'warning', title: 'a sink copies every picture because its device took no dma-bufs' },
} as const satisfies Record<string, { severity: Severity; title: string }>

export type FindingCode = keyof typeof FINDINGS

export const SEVERITIES: readonly Severity[] = ['info', 'warning', 'error']
export const atLeast = (severity: Severity, floor: Severity): boolean =>
  SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(floor)
