// The words of the IOMMU engine that its users need: log kinds, protection bits, quirks. The numbers stand in the layout.
import * as P from '../assembly/shared/io-pgtable-layout.ts'

/** Kinds of log records; what a record's fields mean stands beside each number in the layout. */
export const IO_LOG = {
  TABLE_ALLOC: P.LOG_TABLE_ALLOC,
  TABLE_FREE: P.LOG_TABLE_FREE,
  FLUSH_WALK: P.LOG_FLUSH_WALK,
  ADD_PAGE: P.LOG_ADD_PAGE,
  FLUSH_ALL: P.LOG_FLUSH_ALL,
  DIRTY: P.LOG_DIRTY,
  TABLE_MAP: P.LOG_TABLE_MAP,
  TABLE_UNMAP: P.LOG_TABLE_UNMAP,
  TABLE_SYNC: P.LOG_TABLE_SYNC,
  MAP: P.LOG_MAP,
  UNMAP: P.LOG_UNMAP,
  IOMMU_MAP: P.LOG_IOMMU_MAP,
  QUIRK: P.LOG_QUIRK,
  IOMMU_UNMAP: P.LOG_IOMMU_UNMAP,
} as const

/** The mask that logs these kinds. */
export const logMask = (...kinds: readonly number[]): number => kinds.reduce((mask, kind) => mask + 2 ** kind, 0)

/** What the tables' driver sees: table memory, TLB callbacks, cache cleans, dirty pages. */
export const LOG_TABLES: number = 2 ** P.LOG_MAP - 2
/** The calls that reach the tables. */
export const LOG_CALLS: number = logMask(P.LOG_MAP, P.LOG_UNMAP)

/** Kernel bugs that show themselves in the log. */
export const IO_QUIRK = {
  V7S_SPLIT: P.IO_QUIRK_V7S_SPLIT,
  V7S_SUPERSECTION: P.IO_QUIRK_V7S_SUPERSECTION,
  BLOCK_REPLACES: P.IO_QUIRK_BLOCK_REPLACES,
  MAP_DESTROYS: P.IO_QUIRK_MAP_DESTROYS,
  SEGMENT_LIMIT: P.IO_QUIRK_SEGMENT_LIMIT,
  UNMAP_AT_TOP: P.IO_QUIRK_UNMAP_AT_TOP,
  PARTIAL_UNMAP: P.IO_QUIRK_PARTIAL_UNMAP,
} as const

/** IO_PGTABLE_QUIRK_*. */
export const PGTABLE_QUIRK = {
  NS: P.QUIRK_NS,
  NO_PERMS: P.QUIRK_NO_PERMS,
  MTK_EXT: P.QUIRK_MTK_EXT,
  TTBR1: P.QUIRK_TTBR1,
  OUTER_WBWA: P.QUIRK_OUTER_WBWA,
  HD: P.QUIRK_HD,
} as const

/** IOMMU_READ and so on. */
export const PROT = {
  READ: P.PROT_READ,
  WRITE: P.PROT_WRITE,
  CACHE: P.PROT_CACHE,
  NOEXEC: P.PROT_NOEXEC,
  MMIO: P.PROT_MMIO,
  PRIV: P.PROT_PRIV,
} as const

/** What flushes after an unmap: nothing, its caller at once, or a queue later (single pages are not announced then). */
export const GATHER = { NONE: P.GATHER_NONE, NORMAL: P.GATHER_NORMAL, QUEUED: P.GATHER_QUEUED } as const
export type Gather = (typeof GATHER)[keyof typeof GATHER]
