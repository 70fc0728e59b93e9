// Scatterlists: kernel data, as permissive as C. The records live in the machine's linear memory; these are handles and snapshots.
import type { KResult } from './errno.ts'
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

/** A member that an exporter's attach copies into the importer's list. */
export interface SgAttachCopy {
  readonly member: 'attrs' | 'dmaAddress'
  /** Only from entries with one of these attribute bits; 0: from every entry. */
  readonly only: number
}

/** Entries that a loop leaves alone, by attribute bits: the masks of all patches together. */
export interface SgSkip {
  readonly bits: number
  /** Of these, the bits that are looked at after dma_length was set, where struct scatterlist has one. */
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
  /** Length of the shortest of the first `nents` entries; Infinity where there are none. */
  shortest(nents: number): number
  /** Columns of the first `count` entries, as events list them. */
  dmaAddresses(count: number): number[]
  dmaLengths(count: number): number[]
  /** Undefined where an entry has no page. */
  pfns(count: number): Pfn[] | undefined
  physAddresses(count: number): number[] | undefined
  /** Has none of the first `count` entries attributes? */
  isPlain(count: number): boolean
}

/** Page list given to sg_alloc_table_from_pages. Offset and sizes are bytes. */
export interface SgPages {
  readonly pfns: readonly Pfn[]
  /** Of the data in the first page. */
  readonly offset: number
  /** Valid bytes after the offset. */
  readonly size: number
  /** Largest segment. */
  readonly maxSegment: number
}

/** struct sg_append_table: `totalNents` counts allocated entries too that hold nothing yet. */
export interface SgAppendTable {
  readonly table: SgTable | null
  readonly totalNents: number
  /** The last entry in use carries the end mark. */
  readonly ended: boolean
}

/** What sg_split made. */
export interface SgSplit {
  /** One list per size; `nents` is its number of mapped entries (0 when the list was not mapped). */
  readonly tables: readonly SgTable[]
  /** A split ended inside an entry that others follow: the last list is wrong (it holds all of them). */
  readonly miscounted: boolean
  /** Entries the kernel would have written behind an output list. */
  readonly overrun: number
}

/** Part of a list: its first `nents` entries, after passing over `skip` bytes. */
export interface SgCopyRange {
  readonly nents: number
  readonly skip: number
}

/** A page of a list: the entry it belongs to, and its number from that entry's first page on. */
export interface SgPageStep {
  readonly index: number
  readonly entry: SgEntry
  readonly page: number
}

/** What the mapping iterator offers: part of one page. */
export interface SgMapping {
  readonly entry: SgEntry
  /** Page number from the entry's first page on. */
  readonly page: number
  /** Bytes, in that page. */
  readonly offset: number
  readonly length: number
}

/** struct sg_mapping_iter. */
export interface SgMappingIterator {
  /** sg_miter_skip: false when the list ends before. */
  skip(bytes: number): boolean
  /** sg_miter_next: null at the end. */
  next(): SgMapping | null
  /** Says that only `bytes` of what was offered are used; the rest is offered again. */
  consume(bytes: number): void
  stop(): void
}

/** lib/scatterlist.c and lib/sg_split.c of one machine. */
export interface Scatterlists {
  /** SG_MAX_SINGLE_ALLOC: entries in one page. */
  readonly perChunk: number
  /** sg_alloc_table: zeroed entries. EINVAL for 0, ENOMEM. */
  alloc(entries: number): KResult<SgTable>
  /** sg_free_table. */
  free(table: SgTable): void
  /** Sizes of the chunks a list is chained from in the kernel, in entries. */
  chunks(table: SgTable): readonly number[]
  /** sg_alloc_table_from_pages_segment: neighbouring pages become one entry. EINVAL, ENOMEM. */
  fromPages(pages: SgPages): KResult<SgTable>
  /** A table to append to. */
  appendTable(): SgAppendTable
  /** sg_alloc_append_table_from_pages: `leftPages` is how many more pages later calls bring at most. EINVAL, ENOMEM. */
  appendFromPages(append: SgAppendTable, pages: SgPages, leftPages: number): KResult<void>
  /** sg_split: `mappedNents` is what dma_map_sg() returned, or 0. EINVAL, ENOMEM. */
  split(table: SgTable, mappedNents: number, skip: number, sizes: readonly number[]): KResult<SgSplit>
  /** sg_pcopy_to_buffer, sg_pcopy_from_buffer, sg_zero_buffer: bytes done. Fault where the CPU has no mapping. */
  copyToBuffer(table: SgTable, range: SgCopyRange, buffer: Uint8Array): number
  copyFromBuffer(table: SgTable, range: SgCopyRange, buffer: Uint8Array): number
  zeroBuffer(table: SgTable, range: SgCopyRange, len: number): number
  /** for_each_sg_page over the first `nents` entries, from page `pgoffset` on. */
  pages(table: SgTable, nents: number, pgoffset?: number): Iterable<SgPageStep>
  /** for_each_sg_dma_page: bus addresses. */
  dmaPages(table: SgTable, nents: number, pgoffset?: number): Iterable<DmaAddr>
  /** sg_nents_for_len: EINVAL when the list is shorter. */
  nentsForLen(table: SgTable, len: number): KResult<number>
  /** sg_miter_start. */
  miter(table: SgTable, nents: number): SgMappingIterator
}
