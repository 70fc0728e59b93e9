// What a configuration says about the steps that may be done in it, and what follows for a state.
import type { BufferSource } from '@dmalab/api'
import type { ImporterState, Protocol } from './protocol.ts'

/** What a configuration says about the steps. */
export interface Setting {
  /** The device whose memory it is, or the device below it that owns the pool. */
  readonly owner: string
  readonly importers: readonly string[]
  readonly source: BufferSource
  /** `pages` only: nothing below this address. */
  readonly above: number | null
  readonly size: number
  readonly attrs: readonly string[]
  /** Where a board file declares the pool. */
  readonly declare: { readonly base: number; readonly size: number } | null
  readonly kmap: boolean
  readonly pool: boolean
  /** Devices whose driver sets a narrower mask before it uses them. */
  readonly masking: readonly string[]
  /** Devices read and write in one mapping. */
  readonly bothWays: boolean
  /** Drivers may take bus addresses first and link memory to them later (dma_iova_*). */
  readonly links: boolean
  /** Something happens in the kernel when time passes. */
  readonly timers: boolean
  /** A mapping of the first importer takes nothing that an unmapping has to give back: a table may be mapped again as it is. */
  readonly remaps: boolean
  /** Attributes that dma_unmap_*() may get though dma_map_*() did not. */
  readonly unmapAttrs: readonly string[]
}

/** Bits of the mask that a masking driver sets: it cuts the addresses of pools that lie outside RAM. */
export const NARROW_BITS = 30

/** Memory that the CPU and all devices see alike without a sync. */
export const isCoherent = ({ source }: Setting): boolean => source === 'coherent' || source === 'dumb'
export const isShared = (s: Protocol): boolean => s.fd === 'open'
/** Without a descriptor and without an exporter the importer maps the pages by itself. */
export const isStreaming = ({ source }: Setting): boolean => source === 'user' || source === 'pages'

export const held = (s: Protocol, which: (importer: ImporterState) => boolean): boolean =>
  Object.values(s.importers).some((importer) => importer.mapped !== null && which(importer))
