// One difference between releases: what it is, where the kernel has it, and what a user sees of it.
import type { ReleaseFacts } from './kernel-facts.ts'
import type { ArchName } from './machine.ts'
import type { MediaFacts } from './media-facts.ts'

/** Facts that a record decides. */
export type ReleasePart = Partial<Omit<ReleaseFacts, 'media'>> & { readonly media?: Partial<MediaFacts> }

/** What a case must have for a difference to show: a room compares them with what a run did. */
export type Touch = (typeof TOUCHES)[number]
export const TOUCHES = [
  'bounce',
  'bounce-partial-sync',
  'small-buffer',
  'narrow-device',
  'windows',
  'no-map',
  'sync-coherent',
  'cache',
  'sg-failure',
  'atomic',
  'iommu',
  'iommu-pci',
  'udmabuf',
  'device-memory',
  'resource',
  'attr-mmio',
  'attr-share-lines',
  'attr-require-coherent',
  'attr-cc-shared',
  'heap',
  'cma-heap',
  'vb2',
  'remove-bufs',
  'vb2-import',
  'mmap',
  'dma-debug',
  'trace',
  'oops',
] as const

export interface ReleaseRecord {
  readonly id: string
  /** The first release that has it; between two releases that were measured or read it is the kernel's history as told, not checked in a tree. */
  readonly since: string
  /** The architectures that it is about. */
  readonly arches: readonly ArchName[]
  /** File and function, under the name before and after where it changed. */
  readonly source: string
  /** `measured`: differential records of real kernels show it; `source`: read in the code before and after. */
  readonly proof: 'measured' | 'source'
  readonly before: ReleasePart
  readonly after: ReleasePart
  /** Further facts that it is about, by their names in `kernel diff`. */
  readonly explains?: readonly string[]
  /** What a user sees, in one sentence or two: how it was, how it is. */
  readonly seen: string
  readonly touches: readonly Touch[]
}
