// AssemblyScript engine and its binding: the one linear memory of a machine and every per-page loop.
export type { DisturbKey } from './disturb-key.ts'
export { capMachines, compileHot, compileHotSync, isMachineFull } from './module.ts'
export { Hot, type Comparison, type HotConfig, type HotStats, type LineCounts } from './hot.ts'
export type { View } from './views.ts'
export type { LongWays } from './long-ways.ts'
export { innerWork } from './inner-op.ts'
export { retireHot, takeHot } from './retired.ts'
export type { LineRecord } from './line-log.ts'
export type { SgArena } from './sg-arena.ts'
export type { BusRange, SgWalkOptions, SgWalkResult } from './sg-walk.ts'
export { IoEngine, type LogRecord, type U64 } from './io-engine.ts'
export {
  GATHER,
  type Gather,
  IO_LOG,
  IO_QUIRK,
  LOG_CALLS,
  LOG_TABLES,
  logMask,
  PGTABLE_QUIRK,
  PROT,
} from './io-constants.ts'
export {
  type Leaf,
  type MapResult,
  PageTable,
  type PageTableFixes,
  type PageTableFormat,
  type PageTableOptions,
  type PageTableShape,
} from './page-table.ts'
export { DmaLists } from './dma-lists.ts'
export { IovaDomain, type IovaRange } from './iova-domain.ts'
export {
  SEGMENT_SLOTS,
  SLOT_SIZE,
  type SlotArea,
  type SlotRequest,
  type SlotSearch,
  type SwiotlbSlots,
} from './swiotlb-slots.ts'
