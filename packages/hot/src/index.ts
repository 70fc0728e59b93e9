// AssemblyScript engine and its binding: the one linear memory of a machine and every per-page loop.
export { compileHot, compileHotSync } from './module.ts'
export {
  Hot,
  type Comparison,
  type DisturbKey,
  type HotConfig,
  type HotStats,
  type LineCounts,
  type View,
} from './hot.ts'
export { innerAreaOp, type RangeOp } from './area-ops.ts'
export type { LineRecord } from './line-log.ts'
export type { SgArena } from './sg-arena.ts'
export type { BusRange, SgMapOptions, SgWalkOptions, SgWalkResult } from './sg-walk.ts'
export { IoEngine, LOG_CALLS, LOG_TABLES, type LogRecord, type U64 } from './io-pgtable-engine.ts'
export {
  type IoPgtableConfig,
  type IoPgtableFormat,
  type IoPgtableShape,
  shapeOf,
  type TranslationControl,
} from './io-pgtable-config.ts'
export {
  type Gather,
  IoPgtable,
  type IoPgtableFixes,
  type IoPgtableOptions,
  type Leaf,
  type MapResult,
  openIoPgtable,
} from './io-pgtable.ts'
export { type TableDump, type TableEvent, TableNames } from './io-pgtable-events.ts'
export { type InvalidationTarget, invalidateRange, IotlbGather, type SmmuCommand } from './smmu-commands.ts'
export {
  type ContextFault,
  contextFault,
  eventRecord,
  type GlobalFault,
  globalFault,
  handleEvents,
  type LogLine,
  type PageRequest,
  SMMU_EVENT,
  type SmmuFault,
} from './smmu-faults.ts'
export { abortEntry, bypassEntry, contextDescriptor, stageOneEntry, stageTwoEntry, type Words } from './smmu-stream.ts'
export { IovaDomain, type IovaRange } from './iova.ts'
export { IOVA_CLASSES, IovaCache, type IovaClass } from './iova-rcache.ts'
export {
  DmaDomain,
  type DmaDomainFixes,
  type DmaDomainHooks,
  type DmaDomainOptions,
  type DmaLimits,
  protOf,
  type SegmentLimits,
} from './dma-iommu.ts'
export { createIommuHost } from './dma-iommu-domain.ts'
export { Tlb, type TlbEntry } from './dma-iommu-tlb.ts'
export { FlushQueue, type FlushQueueOptions, LAZY_DEFAULT, LAZY_SHADOW } from './dma-iommu-flush-queue.ts'
export { SEGMENT_SLOTS, SLOT_SIZE, type SlotArea, type SlotRequest, type SwiotlbSlots } from './swiotlb-slots.ts'
