// What lint says, and the list of all it can say.
import type { BoardFinding, Severity } from '@dmalab/api'

/** Worst first. */
export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'info']

/** Codes are stable: scripts filter by them. */
export const LINT_CODES = {
  'region-overlap': 'two reserved regions take the same memory; Linux reports it and goes on with both',
  'region-past-memory': 'a region begins inside memory and runs past its end',
  'region-outside-memory': 'a region lies where the board has no memory, and needs memory there',
  'region-wraps': 'a region passes the end of the address space',
  'region-refused': 'Linux refuses the region, or makes nothing of it',
  'region-does-not-fit': 'no free memory satisfies size, alignment and alloc-ranges of the region',
  'region-alignment': 'a CMA area does not begin or end at a page block, so Linux refuses it',
  'region-flags': 'flags of the region contradict each other or its kind',
  'region-default-twice': 'more than one region claims to be the default area',
  'reserved-memory-ignored': 'Linux ignores all of /reserved-memory',
  'memory-region-missing': 'memory-region names a phandle that no node has',
  'memory-region-disabled': 'memory-region names a disabled region: nothing is assigned, and no error is reported',
  'memory-region-refused': 'memory-region names a region that Linux made nothing of',
  'memory-region-elsewhere': 'memory-region names a node outside /reserved-memory',
  'memory-region-names': 'memory-region and memory-region-names differ in number',
  'pool-outside-window': 'a device cannot reach its pool through dma-ranges',
  'pool-beyond-mask': 'a pool lies beyond the 32-bit mask that a device has unless its driver asks for more',
  'window-beyond-mask': 'all bus addresses of dma-ranges lie above masks that drivers commonly set',
  'ram-beyond-reach': 'memory that a class of devices does not reach: it bounces, or mapping fails',
  'memory-not-stated': 'the tree states no memory, so rules about it were left out (--memory)',
  'pci-memory-region': 'memory-region of a PCI host bridge, which the functions behind it do not get',
  'pool-mixed-coherence': 'coherent and non-coherent devices share a region',
  'media-mixed-coherence':
    'media devices that pass buffers on differ in coherence: whoever shares has to maintain caches',
  'coherence-contradiction': 'a node is both dma-coherent and dma-noncoherent',
  'dma-parent-cycle': 'DMA parents go in a circle: a kernel that walks them never ends',
  'cache-cycle': 'next-level-cache goes in a circle',
  'dma-ranges-malformed': 'the length of dma-ranges is not a multiple of an entry',
  'dma-ranges-untranslatable': 'a window of dma-ranges does not lead to any CPU address',
  'dma-ranges-wraps': 'a window of dma-ranges passes the end of the address space',
  'dma-ranges-empty-entry': 'a window of dma-ranges has no size; Linux stops looking there',
  'dma-ranges-ignored': 'dma-ranges above a device do not count for it: a node between has none',
  'iommu-missing': 'iommus or iommu-map cannot be read: a phandle leads nowhere or arguments are missing',
  'iommu-disabled': 'a device names a disabled IOMMU, in iommus or iommu-map, and runs without',
  'iommu-on-child': 'iommus stands below a device that has none: the device itself is not translated',
  'memory-overlap': 'two banks of memory overlap',
  'duplicate-phandle': 'two nodes have one phandle; references find the first',
  'duplicate-node': 'two nodes have one path',
} as const

export type LintCode = keyof typeof LINT_CODES

export type LintFinding = BoardFinding<LintCode>

export type Report = (code: LintCode, severity: Severity, node: string, message: string) => void
