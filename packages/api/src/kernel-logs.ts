// What a kernel prints differs by release: the releases whose dma-debug and whose trace events are known, and how one is picked.
import { ATTR, COMMON_ATTRS } from './attrs.ts'
import { compareReleases, isRelease } from './release-order.ts'

/** Releases whose dma-debug (CONFIG_DMA_API_DEBUG) is known, oldest first: its texts, its types, its checks. */
export const KERNEL_TEXTS = ['4.11', '5.10', '5.15', '6.1', '6.6', '6.12', '6.18', '7.2', '7.3'] as const
export type KernelText = (typeof KERNEL_TEXTS)[number]

/** Releases whose DMA trace events are known, oldest first: the `dma` events came with 6.12. */
export const TRACE_RELEASES = ['6.12', '6.18', '7.2', '7.3'] as const
export type TraceRelease = (typeof TRACE_RELEASES)[number]

/** How a release prints its DMA trace events, where releases differ. */
export interface TraceFormat {
  readonly release: TraceRelease
  readonly source: string
  /** One event for a page and one for a resource, or dma_map_phys for both. */
  readonly mapEvents: 'page' | 'phys'
  /** Attribute bits that its events name beyond the common ones: label -> bit. */
  readonly attrs: Readonly<Record<string, number>>
}

const { MMIO, DEBUGGING_IGNORE_CACHELINES, REQUIRE_COHERENT, CC_SHARED, ALLOC_CC_SHARED } = ATTR
/** The label of bit 11 is not its name in the source. */
const V7_2_ATTRS = { MMIO, CACHELINES_OVERLAP: DEBUGGING_IGNORE_CACHELINES, REQUIRE_COHERENT, CC_SHARED }
const HEADER = 'include/trace/events/dma.h'

export const TRACE_FORMATS: Readonly<Record<TraceRelease, TraceFormat>> = {
  '6.12': { release: '6.12', source: `Linux v6.12 ${HEADER}`, mapEvents: 'page', attrs: {} },
  '6.18': {
    release: '6.18',
    source: `Linux v6.18.35 ${HEADER}; bit 11 came in its stable series`,
    mapEvents: 'phys',
    attrs: { MMIO, CACHE_CLEAN: DEBUGGING_IGNORE_CACHELINES },
  },
  '7.2': { release: '7.2', source: `Linux v7.2 ${HEADER}`, mapEvents: 'phys', attrs: V7_2_ATTRS },
  '7.3': {
    release: '7.3',
    source: `Linux v7.3 ${HEADER}`,
    mapEvents: 'phys',
    attrs: { ...V7_2_ATTRS, ALLOC_CC_SHARED },
  },
}

/** Every attribute bit that some release names in its trace events. */
export const TRACE_ATTRS: Readonly<Record<string, number>> = Object.assign(
  { ...COMMON_ATTRS },
  ...Object.values(TRACE_FORMATS).map(({ attrs }) => attrs),
)

/** Of the known releases (oldest first), the one that stands for another. */
interface NearestRelease<T extends string> {
  readonly release: T
  /** The release itself is known; a stable release counts as its mainline release. */
  readonly exact: boolean
}

/**
 * The newest known release that is not newer than `release` (`6.6`, `6.12.107-lab`); the oldest when all are newer.
 * undefined: no release is written there.
 */
export const nearestRelease = <T extends string>(
  known: readonly [T, ...T[]] | readonly T[],
  release: string,
): NearestRelease<T> | undefined => {
  const same = known.find((one) => one === release)
  if (same !== undefined) return { release: same, exact: true }
  const [oldest] = known
  if (!isRelease(release) || oldest === undefined) return undefined
  const earlier = known.findLast((one) => compareReleases(one, release) <= 0) ?? oldest
  return { release: earlier, exact: compareReleases(earlier, release) === 0 }
}
