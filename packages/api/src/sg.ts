// Scatterlists: kernel data, as permissive as C. The records live in the machine's linear memory; these are handles and snapshots.
import type { DmaAddr, KernelVaddr, Pfn } from './units.ts'

/** What sg->page_link holds. `vaddr` is a lie some patches tell; only a pointer walk may discover it. */
export type SgPage =
  | { readonly kind: 'page'; readonly pfn: Pfn }
  | { readonly kind: 'vaddr'; readonly at: KernelVaddr }
  | { readonly kind: 'null' }

/** One entry as it is now (a copy). Lengths and offsets are bytes; an offset may exceed a page. */
export interface SgEntry {
  readonly page: SgPage
  readonly offset: number
  readonly length: number
  /** Per-entry attributes. Stock kernels have none (0); patches add the field. Nothing clears them but `setAttrs`. */
  readonly attrs: number
  readonly dmaAddress: DmaAddr
  readonly dmaLength: number
}

/** struct sg_table. `nents` counts mapped entries, `origNents` all. */
export interface SgTable {
  /** Opaque: where the first record lies; batch loops take it. */
  readonly handle: number
  nents: number
  origNents: number
  entry(index: number): SgEntry
  /** sg_set_page: page, offset and length; leaves attributes and DMA fields as they are. */
  setPage(index: number, page: SgPage, length: number, offset: number): void
  setDma(index: number, address: DmaAddr, length: number): void
  setAttrs(index: number, attrs: number): void
  entries(): SgEntry[]
}
