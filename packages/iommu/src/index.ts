// The IOMMU in front of a device: table configurations, DMA domains, TLB, and what an SMMU's driver writes, queues and prints.
export { createIommuHost, type DeviceDomain, type IommuHooks } from './dma-iommu-domain.ts'
export { FlushQueue, type FlushQueueOptions, LAZY_DEFAULT, LAZY_SHADOW } from './dma-iommu-flush-queue.ts'
export { Tlb, type TlbEntry } from './dma-iommu-tlb.ts'
export {
  DmaDomain,
  type DmaDomainFixes,
  type DmaDomainHooks,
  type DmaDomainOptions,
  type DmaLimits,
  protOf,
  type SegmentLimits,
} from './dma-iommu.ts'
export {
  bitsOf,
  type IoPgtableConfig,
  type IoPgtableShape,
  shapeOf,
  type TranslationControl,
} from './io-pgtable-config.ts'
export { openIoPgtable } from './io-pgtable.ts'
export { IOVA_CLASSES, IovaCache, type IovaClass } from './iova-rcache.ts'
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
