// Failures that people report, by number, and what explains each: kernel messages of the catalogue, or findings.

/** [what is seen, codes that explain it] */
export const FAILURES: Readonly<Record<string, readonly [seen: string, codes: readonly string[]]>> = {
  'F-01': [
    'a swiotlb buffer is full: unmaps are missing, or one piece is longer than 256 KiB',
    ['swiotlb-full', 'bounce-too-long'],
  ],
  'F-02': [
    'CMA has no room: the area is small, fragmented, or pinned pages do not leave it',
    ['cma-alloc-failed', 'cma-pages-busy'],
  ],
  'F-03': [
    'contiguous memory above the largest buddy block, on a kernel without CMA',
    ['page-alloc-failure', 'vb2-memory-failed'],
  ],
  'F-04': [
    'green or old pictures without any message: an import goes through a bounce buffer that nothing syncs',
    ['bounce-without-sync', 'bounced'],
  ],
  'F-05': ['an address beyond the mask of a device, or beyond its bus', ['dma-overflow', 'device-address-cut']],
  'F-06': [
    'an IOMMU stops a device: nothing is mapped at the address, or not any more, or not for this direction',
    ['iommu-fault', 'smmu-context-fault', 'dmar-fault'],
  ],
  'F-07': [
    'a page fault in cache maintenance: memory of a no-map pool was mapped or synced as if it had struct pages',
    ['oops-cache-maintenance', 'page-less-export', 'kernel-oops'],
  ],
  'F-08': [
    'reserved memory that overlaps, is refused, or finds no place',
    ['rmem-overlap', 'rmem-reserve-failed', 'rmem-format'],
  ],
  'F-09': [
    'an importer without an IOMMU is given pieces: EFAULT at QBUF, EINVAL at the PRIME import',
    ['vb2-not-contiguous', 'drm-import-failed', 'import-copied'],
  ],
  'F-10': ['a dma-buf is shorter than its importer needs: strides, lines or tiles were left out', ['vb2-length']],
  'F-11': ['the atomic pool is empty', ['atomic-pool-small', 'atomic-pool-failed']],
  'F-12': ['the CPU reads video buffers slowly: coherent memory is not cached on this device', ['no-cache-operations']],
  'F-13': [
    'old lines in a picture: a sync is missing, or has another direction or length',
    ['missing-sync', 'stale-read'],
  ],
  'F-14': ['dma-debug reports a mistake of a driver', ['unmap-not-mapped', 'unchecked-mapping-error', 'map-stack']],
  'F-15': [
    'memory that is not in the linear map was mapped: vmalloc, highmem, a module',
    ['map-vmalloc-rejected', 'map-vmalloc'],
  ],
  'F-16': ['a device without a DMA mask', ['mask-unset', 'mask-missing-warning']],
  'F-17': ['get_sgtable refuses memory of a per-device pool, so the export fails', ['vb2-no-scatterlist']],
  'F-18': ['the exporter cannot map its memory for this importer', ['vb2-map-failed', 'swiotlb-full']],
  'F-19': [
    'a queue that does not have the memory mode, or whose buffers are still exported',
    ['vb2-mode-unsupported', 'vb2-orphaned'],
  ],
  'F-20': [
    'an IOMMU or a bounce pool that is set up too late, or cannot serve a mapping',
    ['iommu-unaligned', 'iommu-late-probe', 'iommu-bounce-inactive'],
  ],
}
