// struct sg_table over the machine's linear memory: the records live in hot, this holds a handle and the counts.
import {
  type DmaAddr,
  fail,
  type KernelFacts,
  type KResult,
  ok,
  type Pfn,
  type SgEntry,
  type SgPage,
  type SgTable,
} from '@dmalab/api'
import type { Memory } from '@dmalab/memory'
import { chunkSizes, entriesPerChunk } from './sg-layout.ts'
import type { SgAllocator } from './sg-pages.ts'

type Arena = Memory['hot']['sg']

/** Page numbers from here on do not fit a record. */
const FAR_PFN = 2 ** 32

class ArenaTable implements SgTable {
  handle: number
  nents: number
  origNents: number
  /** Entries there is room for. */
  capacity: number
  /** Pages beyond 16 TiB, whose number a record cannot hold; it says NULL, so that batch loops leave the entry to us. */
  private readonly farPages = new Map<number, Pfn>()
  private readonly arena: Arena

  constructor(arena: Arena, entries: number) {
    this.arena = arena
    this.handle = arena.alloc(entries)
    this.nents = entries
    this.origNents = entries
    this.capacity = entries
  }

  entry(index: number): SgEntry {
    const entry = this.arena.entry(this.handle, index)
    const pfn = this.farPages.get(index)
    return pfn === undefined ? entry : { ...entry, page: { kind: 'page', pfn } }
  }
  setPage(index: number, page: SgPage, length: number, offset: number): void {
    const far = page.kind === 'page' && page.pfn >= FAR_PFN
    if (far) this.farPages.set(index, page.pfn)
    else this.farPages.delete(index)
    this.arena.setPage(this.handle, index, far ? { kind: 'null' } : page, length, offset)
  }
  setDma(index: number, address: DmaAddr, length: number): void {
    this.arena.setDma(this.handle, index, address, length)
  }
  setAttrs(index: number, attrs: number): void {
    this.arena.setAttrs(this.handle, index, attrs)
  }
  /** Takes over a larger run of records. */
  moveTo(handle: number, capacity: number): void {
    const { arena } = this
    for (let i = 0; i < this.capacity; i++) {
      const { page, length, offset, attrs, dmaAddress, dmaLength } = arena.entry(this.handle, i)
      arena.setPage(handle, i, page, length, offset)
      arena.setAttrs(handle, i, attrs)
      if (arena.mapped(this.handle, i)) arena.setDma(handle, i, dmaAddress, dmaLength)
    }
    arena.free(this.handle)
    this.handle = handle
    this.capacity = capacity
  }
  shortest(nents: number): number {
    return this.arena.shortest(this.handle, nents)
  }
  dmaAddresses(count: number): number[] {
    return this.arena.dmaAddresses(this.handle, count)
  }
  dmaLengths(count: number): number[] {
    return this.arena.dmaLengths(this.handle, count)
  }
  pfns(count: number): Pfn[] | undefined {
    return this.farPages.size > 0 ? undefined : this.arena.pfns(this.handle, count)
  }
  physAddresses(count: number): number[] | undefined {
    return this.farPages.size > 0 ? undefined : this.arena.physAddresses(this.handle, count)
  }
  isPlain(count: number): boolean {
    return this.arena.isPlain(this.handle, count)
  }
  entries(): SgEntry[] {
    return Array.from({ length: this.origNents }, (_, index) => this.entry(index))
  }
}

/** Allocates and frees the lists of one machine. */
export class ScatterlistArena implements SgAllocator {
  /** SG_MAX_SINGLE_ALLOC of this kernel. */
  readonly perChunk: number
  /** Lists allocated and not freed, with the chunks each needs in the kernel. */
  private readonly live = new Map<SgTable, readonly number[]>()
  private readonly arena: Arena

  constructor(arena: Arena, entrySize: KernelFacts['sgEntrySize']) {
    this.arena = arena
    this.perChunk = entriesPerChunk(entrySize)
  }

  /** Models: Linux v6.12 lib/scatterlist.c: sg_alloc_table */
  sgAlloc(entries: number): KResult<SgTable> {
    const chunks = chunkSizes(entries, this.perChunk)
    if (!chunks.ok) return chunks
    const table = new ArenaTable(this.arena, entries)
    this.live.set(table, chunks.value)
    return ok(table)
  }

  /** Models: Linux v6.12 lib/scatterlist.c: sg_free_table */
  sgFree(table: SgTable): void {
    if (!this.live.delete(table)) throw new Error(`scatterlist ${table.handle} is not in use`)
    this.arena.free(table.handle)
  }

  /** Entries move, so the handle changes. */
  sgGrow(table: SgTable, entries: number): KResult<void> {
    if (!(table instanceof ArenaTable)) return fail('EINVAL', 'a list of another laboratory')
    if (entries <= table.capacity) return ok(undefined)
    table.moveTo(this.arena.alloc(entries), entries)
    this.live.set(table, [...(this.live.get(table) ?? []), entries])
    return ok(undefined)
  }

  /** Chunks, in entries, that the list needs in the kernel. */
  chunks(table: SgTable): readonly number[] {
    const chunks = this.live.get(table)
    if (chunks === undefined) throw new Error(`scatterlist ${table.handle} is not in use`)
    return chunks
  }

  /** Lists allocated and not freed. */
  get liveTables(): number {
    return this.live.size
  }
}
