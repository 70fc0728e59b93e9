// What the modelled releases were, apart from architecture and configuration: a kernel spreads its release, then says what differs.
import { ATTR, attrsOf } from './attrs.ts'
import type { ReleaseFacts } from './kernel-facts.ts'
import { MEDIA_V4_11, MEDIA_V5_15, MEDIA_V6_1, MEDIA_V6_12, MEDIA_V6_6, MEDIA_V7_2 } from './media.ts'
import { RELEASE_RECORDS } from './release-records.ts'
import { compareReleases } from './release-order.ts'

/** What command line and configuration may change, as it is without them. */
const UNCHANGED = {
  iommuAlignment: 8,
  iommuFixV7sSplit: false,
  iommuFixV7sSupersection: false,
  iommuFixOverwrite: false,
  iommuFixSegmentLimit: false,
  iommu: { strict: true, passthrough: false },
  dmabufDebug: 'none',
  sgSplitEnds: false,
  swiotlb: null,
  memLimit: null,
  memTop: null,
  cachedRemaps: false,
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

/** What swiotlb would be like, where an old kernel of 32-bit ARM has none. */
const NO_BOUNCE_POOL = {
  bounceSearch: 'by-slot',
  bounceBeforeStart: 'copied',
  bounceAreas: false,
  bounceNoforce: 'none',
  bouncesKmalloc: false,
  kmallocPool: false,
} as const satisfies Partial<ReleaseFacts>

/** Facts that no record decides, for they are the same in all modelled releases from v5.10 on. */
const SINCE_V5_10 = {
  ...UNCHANGED,
  noMap: 'kept',
  // videobuf2-dma-contig.c and drm_prime.c: imports and their unmaps leave the caches alone.
  vb2ImportAttrs: ATTR.SKIP_CPU_SYNC,
  primeImportAttrs: ATTR.SKIP_CPU_SYNC,
  dqbufUnmaps: false,
  dmabufKmap: false,
  poolIsFinal: true,
  tracesPoolFree: false,
  busWindows: 'ranges',
  poolIgnoresWindows: false,
  poolLengthIsInt: false,
  mapResourceRefusesRam: false,
} as const satisfies Partial<ReleaseFacts>

type Recorded = Omit<ReleaseFacts, keyof typeof SINCE_V5_10 | keyof Own | 'release' | 'attrs'>
type Own = Pick<ReleaseFacts, 'media'>

const OLDEST_FIRST = RELEASE_RECORDS.toSorted((a, b) => compareReleases(a.since, b.since))

/** Each fact as the last record before the release left it, or as the first one after it found it. */
const recorded = (release: string): Recorded => {
  const later = OLDEST_FIRST.filter(({ since: first }) => compareReleases(first, release) > 0).toReversed()
  const earlier = OLDEST_FIRST.filter(({ since: first }) => compareReleases(first, release) <= 0)
  // A test holds that the records decide every fact that is left to them.
  return Object.assign({}, ...later.map(({ before }) => before), ...earlier.map(({ after }) => after)) as Recorded
}

const since = (release: string, own: Own): ReleaseFacts => ({
  ...SINCE_V5_10,
  ...recorded(release),
  ...own,
  release,
  attrs: attrsOf(release),
})

export const RELEASES = {
  '4.11': {
    ...UNCHANGED,
    release: '4.11',
    attrs: attrsOf('4.11'),
    noMap: 'removed',
    vb2ImportAttrs: 0,
    primeImportAttrs: 0,
    dqbufUnmaps: true,
    dmabufDebugTables: 'mangle',
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
    ...NO_BOUNCE_POOL,
    windowsLimit: false,
    mapSgErrno: 'own',
    atomicPoolWarns: false,
    iommuPci32: 'always',
    iommuPartialUnmap: 'split',
    iommuFixUnmapAtTop: false,
    udmabufMerges: false,
    udmabufSyncs: true,
    dmabufKeepsTables: true,
    defaultCmaHeap: false,
    physVecTables: false,
    udmabufHasMask: false,
    mapsByPhys: false,
    twoStepIova: false,
  },
  '5.10': since('5.10', { media: MEDIA_V5_15 }),
  '5.15': since('5.15', { media: MEDIA_V5_15 }),
  '6.1': since('6.1', { media: MEDIA_V6_1 }),
  '6.6': since('6.6', { media: MEDIA_V6_6 }),
  '6.12': since('6.12', { media: MEDIA_V6_12 }),
  '6.18': since('6.18', { media: MEDIA_V6_12 }),
  '7.2': since('7.2', { media: MEDIA_V7_2 }),
} as const satisfies Readonly<Record<string, ReleaseFacts>>
