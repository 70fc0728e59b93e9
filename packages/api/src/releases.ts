// What the modelled releases were, apart from architecture and configuration: a kernel spreads its release, then says what differs.
import { ATTR, attrsOf } from './attrs.ts'
import type { ReleaseFacts } from './kernel-facts.ts'
import { MEDIA_V4_11, MEDIA_V6_12 } from './media.ts'

/** What command line and configuration may change, as it is without them. */
const UNCHANGED = {
  iommuAlignment: 8,
  iommuFixV7sSplit: false,
  iommuFixV7sSupersection: false,
  iommuFixOverwrite: false,
  iommuFixSegmentLimit: false,
  iommuFixUnmapAtTop: false,
  iommu: { strict: true, passthrough: false },
  dmabufDebug: 'none',
  sgSplitEnds: false,
  swiotlb: null,
  memLimit: null,
  memBanks: null,
  cma: null,
  atomicPools: null,
  zoneDmaLimit: null,
  zoneDmaEnd: 'fixed',
  maxPageOrder: 10,
  highmem: true,
  devicePools: true,
  sgMagic: false,
  debugReadsPages: false,
} as const satisfies Partial<ReleaseFacts>

export const RELEASES = {
  '4.11': {
    ...UNCHANGED,
    release: '4.11',
    attrs: attrsOf('4.11'),
    noMap: 'removed',
    vb2ImportAttrs: 0,
    primeImportAttrs: 0,
    dqbufUnmaps: true,
    dmabufKmap: true,
    poolIsFinal: false,
    traceFormat: '6.12',
    dmaDebug: '4.11',
    tracesPoolFree: false,
    media: MEDIA_V4_11,
    busWindows: 'one-offset',
    poolIgnoresWindows: true,
    poolLengthIsInt: true,
    skipsNeedlessSync: false,
    mapResourceRefusesRam: true,
  },
  '6.12': {
    ...UNCHANGED,
    release: '6.12',
    attrs: attrsOf('6.12'),
    noMap: 'kept',
    // videobuf2-dma-contig.c and drm_prime.c: imports and their unmaps leave the caches alone.
    vb2ImportAttrs: ATTR.SKIP_CPU_SYNC,
    primeImportAttrs: ATTR.SKIP_CPU_SYNC,
    dqbufUnmaps: false,
    dmabufKmap: false,
    poolIsFinal: true,
    traceFormat: '6.12',
    dmaDebug: '6.12',
    tracesPoolFree: false,
    media: MEDIA_V6_12,
    busWindows: 'ranges',
    poolIgnoresWindows: false,
    poolLengthIsInt: false,
    skipsNeedlessSync: true,
    mapResourceRefusesRam: false,
  },
} as const satisfies Readonly<Record<string, ReleaseFacts>>
