// All that is known, in the order of docs/kernel-messages.md.
import { ALLOCATION, ALLOCATION_PHRASES } from './allocation.ts'
import { CMA } from './cma.ts'
import { DMA_DEBUG } from './dma-debug.ts'
import type { Entry, Phrase, TraceRule } from './entry.ts'
import { FAULTS } from './faults.ts'
import { FREES } from './frees.ts'
import { IOMMU_ARM } from './iommu-arm.ts'
import { IOMMU_CORE } from './iommu-core.ts'
import { IOMMU_MASTERS } from './iommu-masters.ts'
import { IOMMU_IN_USE } from './iommu-in-use.ts'
import { IOMMU_SETUP } from './iommu-setup.ts'
import { IOMMU_SOC } from './iommu-soc.ts'
import { IOMMU_X86 } from './iommu-x86.ts'
import { MASK, MASK_PHRASES } from './mask.ts'
import { MEDIA } from './media.ts'
import { RESERVED_MEMORY, RESERVED_PHRASES } from './reserved-memory.ts'
import { SHARING } from './sharing.ts'
import { SWIOTLB } from './swiotlb.ts'
import { VB2_CALLS } from './vb2-calls.ts'
import { FAULT_RULES } from './traces-faults.ts'
import { WARNING_RULES } from './traces-warnings.ts'

/** What is recognised by a call trace; the first that fits counts. */
export const TRACE_RULES: readonly TraceRule[] = [...FAULT_RULES, ...WARNING_RULES]

/** Chapters by title. */
export const CHAPTERS: readonly (readonly [title: string, entries: readonly Entry[]])[] = [
  ['Bounce buffers', SWIOTLB],
  ['Masks and dma-ranges', MASK],
  ['CMA', CMA],
  ['Allocation', [...ALLOCATION, ...FREES]],
  ['Reserved memory', RESERVED_MEMORY],
  ['dma-debug', DMA_DEBUG],
  ['Video buffers', [...MEDIA, ...VB2_CALLS]],
  ['Sharing buffers, VFIO, user space', SHARING],
  ['Arm SMMUs', IOMMU_ARM],
  ['Intel and AMD IOMMUs', IOMMU_X86],
  ['IOMMUs of systems on chip', IOMMU_SOC],
  ['Memory controllers and GPUs', IOMMU_MASTERS],
  ['The IOMMU layer', IOMMU_CORE],
  ['IOMMUs that do not work', [...IOMMU_SETUP, ...IOMMU_IN_USE]],
  ['Faults and warnings', FAULTS],
]

export const ENTRIES: readonly Entry[] = CHAPTERS.flatMap(([, entries]) => entries)

export const PHRASES: readonly Phrase[] = [...RESERVED_PHRASES, ...MASK_PHRASES, ...ALLOCATION_PHRASES]
