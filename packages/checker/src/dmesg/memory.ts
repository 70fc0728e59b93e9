// Messages about memory that could not be had: swiotlb, CMA, pools, reserved regions, masks.
import { bytes } from '@dmalab/api'
import { message, type KernelMessage } from './message.ts'

/** The longest mapping swiotlb can bounce: 128 slots of 2 KiB. */
const LONGEST_BOUNCE = 262_144

const swiotlbFull = (match: RegExpExecArray): string => {
  const size = Number(match[1])
  const total = Number(match[2])
  const used = Number(match[3])
  if (size > LONGEST_BOUNCE)
    return `one mapping of ${bytes(size)} is longer than the ${bytes(LONGEST_BOUNCE)} that can be bounced at once, however much is free`
  if (match[2] === undefined) return 'this kernel prints no totals: either the buffer is used up, or it is fragmented'
  if (used * 20 >= total * 19) return `${used} of ${total} slots are in use: mappings leak, or the load needs more`
  if (used * 10 < total)
    return `only ${used} of ${total} slots are in use, and ${bytes(size)} fit: fragmentation, an alignment mask, or the slots of other CPUs' areas`
  return `${used} of ${total} slots are in use: no run of ${bytes(size)} was free`
}

export const MEMORY: readonly KernelMessage[] = [
  message(
    'F-01',
    'swiotlb buffer is full',
    /swiotlb buffer is full \(sz: (\d+) bytes\)(?:, total (\d+) \(slots\), used (\d+) \(slots\))?/,
    swiotlbFull,
    'trace the device and run `dmalab trace check`: do its maps and unmaps balance? Why does it bounce at all (mask, bus limit, swiotlb=force)?',
    [
      'undo mappings in all paths',
      'set the real DMA mask with dma_set_mask_and_coherent()',
      'limit segments to dma_max_mapping_size()',
      'swiotlb=SLOTS on the command line, or CONFIG_SWIOTLB_DYNAMIC',
      'allocate buffers below the device’s limit, or put it behind an IOMMU',
    ],
  ),
  message(
    'F-01',
    'no bounce memory (4.x)',
    /DMA: Out of SW-IOMMU space for (\d+) bytes|swiotlb: coherent allocation failed for device/,
    'the bounce buffer could not serve a request; these kernels print no totals',
    'how large is the request, and does the driver undo its mappings?',
    ['swiotlb=SLOTS on the command line', 'set the real DMA mask'],
  ),
  message(
    'F-02',
    'CMA allocation failed',
    /cma: (?:cma_alloc|__cma_alloc\w*): (?:\S+: )?alloc failed, req-size: (\d+) pages, ret: (-\d+)/,
    (match) =>
      match[2] === '-16'
        ? `${bytes(Number(match[1]) * 4096)} were free, but pages in them are pinned and cannot move (-EBUSY)`
        : `the area has no free run of ${bytes(Number(match[1]) * 4096)} (${match[2]}): too small, fragmented, or shared by several users`,
    'read CmaFree in /proc/meminfo: if it is larger than the request, alignment (CONFIG_CMA_ALIGNMENT) or fragmentation is to blame',
    [
      'cma=SIZE, or a larger linux,cma node',
      'a reserved pool of its own for the device',
      'fewer or smaller buffers',
      'an IOMMU and dma-sg',
    ],
  ),
  message(
    'F-02',
    'a driver got no coherent memory',
    /dma(?:_alloc_coherent)?(?: alloc)? of size (\d+) failed/,
    (match) => `the allocation of ${bytes(Number(match[1]))} failed; the line above says which allocator refused`,
    'one line up: CMA (F-02), a WARN in the page allocator (F-03), or a pool',
    ['enlarge that allocator’s area', 'ask for less: fewer buffers, smaller frames'],
  ),
  message(
    'F-03',
    'larger than the page allocator can give',
    /WARNING: .*mm\/page_alloc\.c/,
    'a contiguous request above the largest order (4 MiB class), on a kernel without CMA or beyond its area',
    'is CONFIG_DMA_CMA on, and does the device have an area?',
    ['CMA or a reserved pool', 'an IOMMU'],
  ),
  message(
    'F-05',
    'an address the device does not reach',
    /(?:DMA|swiotlb) addr 0x([0-9a-f]+)\+(\d+) overflow \(mask ([0-9a-f]+), bus limit ([0-9a-f]+)\)|overflow 0x[0-9a-f]+\+\d+ of DMA mask/,
    (match) =>
      match[3] === undefined
        ? 'the address lies above the mask or the bus limit'
        : `the address ends above the mask 0x${match[3]}${match[4] === '0' ? '' : ` or the bus limit 0x${match[4]}`}`,
    '`dmalab board facts`: what do dma-ranges and the mask allow, and where does RAM lie?',
    [
      'dma_set_mask_and_coherent() with what the hardware can do',
      'correct dma-ranges',
      'swiotlb, or memory below the limit',
    ],
  ),
  message(
    'F-08',
    'reserved memory is not as the device tree says',
    /OVERLAP DETECTED|failed to allocate memory for node '([^']+)'|compatible matching fail|incorrect alignment of CMA region|regions without no-map are not yet supported|failed to initialise "restricted-dma-pool" memory node|failed to init DMA memory pool|Restricted DMA pool must be accessible within the linear mapping/,
    'a reserved-memory node overlaps another, lies outside RAM, is misaligned, or has properties that this architecture does not take',
    '`dmalab board lint FILE.dtb` names the node and the rule',
    ['align CMA regions to 4 MiB', 'ARM wants no-map (or reusable) on pools', 'check #address-cells and #size-cells'],
  ),
  message(
    'F-11',
    'the atomic pool is empty',
    /atomic DMA coherent pool is too small|DMA pool exhausted for|Failed to get suitable pool for/,
    'coherent memory was asked for in atomic context, and that pool is small',
    'which driver allocates with GFP_ATOMIC? USB, WiFi and UAS are the usual ones',
    ['coherent_pool=4M on the command line', 'allocate with GFP_KERNEL where the driver may sleep'],
  ),
  message(
    'F-16',
    'a device without a DMA mask',
    /coherent DMA mask is unset|DMA mask not set|WARNING: .*kernel\/dma\/mapping\.c.*dma_(?:map|alloc)/,
    'the device used for DMA has no mask: a class or character device instead of the bus device, or one whose configuration never ran',
    'which struct device does the driver pass?',
    ['use the parent (bus) device', 'dma_coerce_mask_and_coherent() for devices that software made'],
  ),
  message(
    'S4-swiotlb',
    'swiotlb was misused',
    /Buffer overflow detected\. Allocation size: (\d+)\. Mapping size: (\d+)/,
    (match) =>
      `a sync asked for ${match[2]} bytes of a slot that holds ${match[1]}: it runs over the end of its mapping`,
    'compare the sync’s offset and size with the mapping',
    ['sync at most what was mapped'],
  ),
  message(
    'S4-swiotlb',
    'there is no swiotlb',
    /Can not allocate SWIOTLB buffer earlier|only able to allocate|Alloc alignment may prevent fulfilling requests|No low mem/,
    'the bounce buffer is missing or smaller than asked for',
    'how much memory lies below 4 GiB?',
    ['swiotlb=SLOTS that fit', 'reserve less low memory elsewhere'],
  ),
  message(
    'S4-coherent',
    'coherent memory is not supported here',
    /coherent DMA allocations not supported on this platform|memremap attempted on ram/,
    'the platform cannot map memory uncached, or the pool lies in RAM without no-map',
    '`dmalab board show`: which region does the device get, and does it say no-map?',
    ['no-map, or reusable, on the region', 'a global pool (linux,dma-default)'],
  ),
]
