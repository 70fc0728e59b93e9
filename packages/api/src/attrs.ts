// DMA_ATTR_* bits: the one table that says which release has which, and which name a bit has there.
import { compareReleases } from './release-order.ts'

const BITS = {
  WRITE_BARRIER: { bit: 0x1, until: '5.3' },
  WEAK_ORDERING: { bit: 0x2 },
  WRITE_COMBINE: { bit: 0x4 },
  NON_CONSISTENT: { bit: 0x8, until: '5.10' },
  NO_KERNEL_MAPPING: { bit: 0x10 },
  SKIP_CPU_SYNC: { bit: 0x20 },
  FORCE_CONTIGUOUS: { bit: 0x40 },
  ALLOC_SINGLE_PAGES: { bit: 0x80 },
  NO_WARN: { bit: 0x100 },
  PRIVILEGED: { bit: 0x200 },
  MMIO: { bit: 0x400, since: '6.18' },
  /** CPU_CACHE_CLEAN in the stable series of 6.18; trace events call it CACHELINES_OVERLAP, before CACHE_CLEAN. */
  DEBUGGING_IGNORE_CACHELINES: { bit: 0x800, since: '6.18' },
  REQUIRE_COHERENT: { bit: 0x1000, since: '7.0' },
  CC_SHARED: { bit: 0x2000, since: '7.2' },
  /** Set by the DMA API itself, never by drivers. */
  ALLOC_CC_SHARED: { bit: 0x4000, since: '7.3' },
} as const satisfies Readonly<Record<string, AttrBit>>

/** `since` is the first release that has it, `until` the first that has it no more. */
interface AttrBit {
  readonly bit: number
  readonly since?: string
  readonly until?: string
}

export type AttrName = keyof typeof BITS

const entries = Object.entries(BITS) as readonly (readonly [AttrName, AttrBit])[]

/** Every bit by name, whatever the release; attrsOf() says which of them a release has. */
export const ATTR: Readonly<Record<AttrName, number>> = Object.fromEntries(
  entries.map(([name, { bit }]) => [name, bit]),
) as Record<AttrName, number>

/** Bits that have been there since they are bits (v4.8), whatever became of them; others are free for patches before their release. */
export const COMMON_ATTRS: Readonly<Record<string, number>> = Object.fromEntries(
  entries.filter(([, { since }]) => since === undefined).map(([name, { bit }]) => [name, bit]),
)

/** The bits that a release has, by name. */
export const attrsOf = (release: string): Readonly<Record<string, number>> =>
  Object.fromEntries(
    entries
      .filter(([, { since = '0.0', until }]) => {
        const begun = compareReleases(release, since) >= 0
        return begun && (until === undefined || compareReleases(release, until) < 0)
      })
      .map(([name, { bit }]) => [name, bit]),
  )
