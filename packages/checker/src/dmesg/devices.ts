// Messages about what devices and importers met: IOMMU faults, refused imports, cache maintenance faults, warnings of the DMA API.
import { bytes } from '@dmalab/api'
import { message, type KernelMessage } from './message.ts'

const FAULT_NEXT =
  'is the faulting address a physical address (wrong address programmed), inside a range unmapped just before (use after unmap), or right behind a mapping (overrun)? A trace tells: `dmalab trace check`'
const FAULT_FIXES = [
  'keep the mapping until the device has stopped',
  'program the DMA address, not the physical one',
  'map with the direction of the transfer',
  'an identity mapping (iommu-addresses) for what firmware left running',
]

export const DEVICES: readonly KernelMessage[] = [
  message(
    'F-06',
    'SMMU context fault',
    /Unhandled context fault: fsr=0x([0-9a-f]+), iova=0x([0-9a-f]+)/,
    (match) => `a device accessed IOVA 0x${match[2]}, which is not mapped for it (fsr 0x${match[1]})`,
    FAULT_NEXT,
    FAULT_FIXES,
  ),
  message(
    'F-06',
    'SMMUv3 event',
    /event: F_TRANSLATION client: (\S+) sid: (\S+) .*iova: (\S+)|event 0x([0-9a-f]+) received:/,
    (match) =>
      match[4] === undefined
        ? `device ${match[1]} accessed IOVA ${match[3]}, which is not mapped for it`
        : `event 0x${match[4]} (0x10: translation fault); the words after it hold stream id and IOVA`,
    FAULT_NEXT,
    FAULT_FIXES,
  ),
  message(
    'F-06',
    'Intel IOMMU fault',
    /DMAR: \[DMA (Read|Write)[^\]]*\] Request device \[([^\]]+)\].* fault addr (0x[0-9a-f]+).*\[fault reason (0x[0-9a-f]+|\d+)\]/,
    (match) => `device ${match[2]} tried a ${match[1]?.toLowerCase()} at ${match[3]} (reason ${match[4]})`,
    FAULT_NEXT,
    FAULT_FIXES,
  ),
  message(
    'F-06',
    'AMD IOMMU fault',
    /AMD-Vi: Event logged \[IO_PAGE_FAULT .*address=(0x[0-9a-f]+)/,
    (match) => `a device accessed ${match[1]}, which is not mapped for it`,
    FAULT_NEXT,
    FAULT_FIXES,
  ),
  {
    ...message(
      'F-07',
      'a fault in cache maintenance or a page walk',
      /(?:pc|PC is at|lr|RIP:?.*)\s*:?\s*(arch_sync_dma_for_\w+|dcache_\w+_poc|__dma_inv_area|__dma_clean_area|v7_dma_\w+|dma_cache_maint\w*|swiotlb_bounce|swiotlb_tbl_map_single|__memcpy|__pi_memcpy\w*|kmap\w*)\+/,
      (match) =>
        `${match[1]} touched an address without memory or struct page behind it: the streaming API was used on a no-map pool`,
      'which region does the buffer come from? `dmalab run` with that board shows the call path',
      [
        'do not map or sync coherent memory of a no-map pool (import with SKIP_CPU_SYNC)',
        'use a reusable (CMA) region: it has struct pages',
      ],
    ),
    inFault: true,
  },
  message(
    'F-07',
    'a kernel fault',
    /Unable to handle kernel (paging request|NULL pointer dereference|access to user memory).*?\b([0-9a-f]{8,16})\b/,
    (match) => `a ${match[1]} at 0x${match[2]}; the pc line below it names the function`,
    'if the function does cache maintenance or memcpy below swiotlb, see F-07: a buffer without struct page was mapped or synced',
    ['read the call trace from the driver inwards'],
  ),
  message(
    'S4-BUG',
    'the DMA API stopped the kernel',
    /kernel BUG at (?:(dma_\w+|swiotlb_\w+|iommu_dma_\w+)\+|(kernel\/dma\/\S+|drivers\/iommu\/dma-iommu\.c:\d+|include\/linux\/dma-mapping\.h:\d+))/i,
    (match) =>
      match[1] === 'swiotlb_find_slots'
        ? 'a mapping of 0 bytes was to be bounced: swiotlb has no slot of that size'
        : `${match[1] ?? match[2]} was given what no driver may pass: a direction of DMA_NONE (or one that does not exist), or, in 4.x, RAM to dma_map_resource()`,
    'which driver is in the call trace below, and with which length and direction does it call?',
    ['check the length before mapping', 'pass DMA_TO_DEVICE, DMA_FROM_DEVICE or DMA_BIDIRECTIONAL'],
  ),
  message(
    'S4-stall',
    'a CPU does not come back',
    /self-detected stall on CPU|detected stalls on CPUs/,
    'a loop does not end; the pc and lr lines below name it. In cache maintenance of a page that has no struct page, the loop over its pages reads nonsense',
    'does the call trace hold arch_sync_dma_for_cpu or dma_cache_maint_page? Then see F-07',
    ['do not map or sync coherent memory of a no-map pool'],
  ),
  message(
    'S4-warning',
    'coherent memory was freed with interrupts off',
    /WARNING: .*\bdma_free_attrs\+/,
    'freeing may have to undo a kernel mapping, which needs interrupts: the memory may leak, or the kernel sleep where it must not',
    'is dma_free_coherent() called under a spinlock that disables interrupts?',
    ['free outside of the lock, or from a work item'],
  ),
  message(
    'S4-warning',
    'an address without translation was unmapped',
    /WARNING: .*\biommu_dma_unmap_(?:page|phys|resource)\+/,
    'the IOMMU’s tables hold nothing there: never mapped, mapped with 0 bytes, or unmapped twice',
    'trace the device: `dmalab trace check` names the unmap that has no mapping',
    ['unmap once, with the address that mapping returned', 'map no empty buffers'],
  ),
  message(
    'F-09',
    'a scattered buffer for a device that needs one piece',
    /contiguous (?:chunk|mapping) is too small (\d+)\/(\d+)/,
    (match) =>
      `the first ${bytes(Number(match[1]))} of ${bytes(Number(match[2]))} are contiguous for this device; vb2 answers -EFAULT`,
    'where was the buffer allocated (GPU, system heap, udmabuf, malloc), and is the importer behind an IOMMU?',
    [
      'allocate from the importer or a CMA heap (linux,cma)',
      'put the importer behind an IOMMU',
      'use the dma-sg allocator',
    ],
  ),
  message(
    'F-09',
    'an import failed',
    /failed to map dmabuf for plane (\d+)/,
    'map_dma_buf of the exporter, or the importer’s check of the result, refused; the line above says which',
    'one line up: F-09 (scattered), F-18 (the exporter could not map)',
    ['see the line above'],
  ),
  message(
    'F-10',
    'the imported buffer is too small',
    /invalid dmabuf length (\d+) for plane (\d+), minimum length (\d+)/,
    (match) =>
      `plane ${match[2]} needs ${match[3]} bytes, the buffer has ${match[1]}: padding or stride differ between producer and consumer`,
    'compare the formats and strides of both sides (VIDIOC_G_FMT)',
    ['allocate with the consumer’s requirements', 'export from the device with the larger need'],
  ),
  message(
    'F-14',
    'cpu touched a mapped cache line',
    /cpu touching an active dma mapped cacheline/,
    'the CPU wrote a buffer that a device owns (dma-debug until 5.9)',
    '`dmalab explain cpu-access-device-owned`',
    ['sync for the CPU first, and for the device after'],
  ),
  message(
    'F-15',
    'vmalloc memory was mapped',
    /rejecting DMA map of vmalloc memory/,
    'a buffer from vmalloc, a module or a virtually mapped stack was given to dma_map_single; the map failed',
    'which buffer does the driver in the trace below pass?',
    ['kmalloc the buffer', 'map page by page'],
  ),
  message(
    'F-17',
    'the exporter has no scatterlist',
    /failed to get scatterlist from DMA API/,
    'dma_get_sgtable refused: memory of a per-device pool without struct pages, or an IOMMU op table that cannot make one',
    'where does the exporting device get its memory? `dmalab board facts`',
    [
      'export from another device',
      'a CMA region instead of a no-map pool',
      'a newer kernel exports it, and then see F-07',
    ],
  ),
  message(
    'F-18',
    'the exporter could not map for this importer',
    /failed to map scatterlist|Error getting dmabuf scatterlist/,
    'mapping for the importer failed; vb2 shows -EINVAL whatever the reason was',
    'one line up: swiotlb (F-01), the mask (F-05)',
    ['remove that cause'],
  ),
  message(
    'F-19',
    'the queue does not do this',
    /(USERPTR|DMABUF|MMAP) for current setup unsupported|memory model mismatch|memory in use, orphaning buffers/,
    'the io mode is not supported by the queue, or REQBUFS came while exported buffers are open',
    'VIDIOC_REQBUFS capabilities list what the queue takes',
    ['use a supported io mode', 'close exported fds before REQBUFS'],
  ),
  message(
    'F-20',
    'the IOMMU layer complains',
    /unaligned: iova 0x[0-9a-f]+ pa|late IOMMU probe at driver bind|DMA bounce buffers are inactive, unable to map unaligned transaction|reserved memory is beyond device's set DMA address range/,
    'a mapping smaller than the IOMMU’s page, a driver bound before its IOMMU, or a pool above the mask',
    'which device, and in which order do the drivers load?',
    ['align buffers to the IOMMU page', 'leave swiotlb on for untrusted devices', 'fix the mask'],
  ),
  message(
    'S4-arm64',
    'cache line size',
    /ARCH_DMA_MINALIGN smaller than CTR_EL0\.CWG|CLIDR_EL1\.LoC == 0, treating as coherent/,
    'the CPU’s cache line is larger than the kernel aligns for, or the CPU says that it needs no maintenance at all',
    'which core is it?',
    ['a kernel with a larger ARCH_DMA_MINALIGN'],
  ),
]
