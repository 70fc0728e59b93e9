// One modelled machine's linear memory, and the engine that works on it: bytes, struct-page map, caches, scatterlists.
import type { LineSize, Pfn, PhysAddr } from '@dmalab/api'
import * as L from '../assembly/shared/layout.ts'
import { type DisturbKey, fnv1a } from './disturb-key.ts'
import { innerOp } from './inner-op.ts'
import { IoEngine } from './io-engine.ts'
import { LinearMemory } from './linear-memory.ts'
import { type LineRecord, readLineLog } from './line-log.ts'
import { readLineRuns } from './line-runs.ts'
import { type LongWays, takeLongWays } from './long-ways.ts'
import { instantiate } from './module.ts'
import { SgArena } from './sg-arena.ts'
import { type SlotSearch, SwiotlbSlots } from './swiotlb-slots.ts'
import { UNCACHED_VIEWS, type View, VIEWS } from './views.ts'

export interface HotConfig {
  /** Bytes of one inner cache line. */
  readonly lineSize: LineSize
  /** 32-bit word that never-written RAM reads as. */
  readonly poison: number
  /** An outer cache (L210, PL310; 32-byte lines) lies between inner cache and DRAM. */
  readonly outer?: boolean
  /** No caches at all: everybody looks at DRAM. */
  readonly uncached?: boolean
}

export interface Comparison {
  /** Bytes that differ. */
  readonly wrong: number
  /** Index of the first one in the range, -1 when there is none. */
  readonly firstWrong: number
}

/** What cache maintenance did. */
export interface LineCounts {
  /** Line operations issued. */
  readonly lines: number
  /** Lines that were dirty and went to the next level. */
  readonly writtenBack: number
}

export interface HotStats {
  /** 128 MiB sections that were touched. */
  readonly sections: number
  /** 4 KiB frames taken from the heap, for contents and tables. */
  readonly frames: number
  /** Of those, frames that wait for reuse. */
  readonly freeFrames: number
  /** Scatterlists in use. */
  readonly lists: number
  /** Size of the linear memory; a reset keeps it. */
  readonly linearBytes: number
}

const PHYS_END = 2 ** 44
const NOTHING: LineCounts = { lines: 0, writtenBack: 0 }
const HEAP_FIRST = L.HEAP_BASE / L.PAGE_SIZE

/**
 * Ranges are physically contiguous, need no alignment, end below 2^44, and are shorter than 4 GiB.
 * Not an API for the modelled kernel: nothing here faults, and bytes exist at every address.
 */
export class Hot {
  readonly config: HotConfig
  readonly sg: SgArena
  /** Translation tables and IOVA space. */
  readonly io: IoEngine
  private readonly module: WebAssembly.Module
  private readonly linear: LinearMemory
  private readonly views: Readonly<Record<View, number>>
  /** What the last call of maintainInner() counted. */
  private counts: LineCounts = NOTHING

  /** @param module what compileHot() returned */
  constructor(module: WebAssembly.Module, config: HotConfig) {
    this.module = module
    this.config = config
    this.views = config.uncached === true ? UNCACHED_VIEWS : VIEWS
    this.linear = new LinearMemory(instantiate(module))
    this.sg = new SgArena(this.linear)
    this.io = new IoEngine(this.linear.wasm)
    this.linear.wasm.configure(Math.log2(config.lineSize), config.poison, config.outer === true ? 1 : 0)
    this.linear.wasm.reset()
  }

  /** Forgets contents, pages, cache state and lists: equal to a fresh machine, but for the size of the linear memory. */
  reset(): void {
    this.linear.wasm.reset()
    this.counts = NOTHING
  }

  /** An independent copy; list handles mean the same in both. */
  fork(): Hot {
    const copy = new Hot(this.module, this.config)
    const end = this.linear.wasm.heapEnd() * L.PAGE_SIZE
    const missing = end - copy.linear.u8.byteLength
    if (missing > 0) copy.linear.wasm.memory.grow(Math.ceil(missing / 65536))
    copy.linear.u8.set(this.linear.u8.subarray(L.HEADER_BASE, end), L.HEADER_BASE)
    return copy
  }

  /** A bounce pool's slots, all free; they last until the next reset. */
  swiotlbSlots(slots: number, areas: number, search: SlotSearch = 'by-slot'): SwiotlbSlots {
    return new SwiotlbSlots(this.linear, slots, areas, search)
  }

  stats(): HotStats {
    return {
      sections: this.header(L.H_SECTIONS),
      frames: (this.header(L.H_HEAP_NEXT) - HEAP_FIRST - this.header(L.H_HEAP_JUMPED)) >>> 0,
      freeFrames: this.header(L.H_FREE_COUNT),
      lists: this.header(L.H_SG_LISTS),
      linearBytes: this.linear.u8.byteLength,
    }
  }

  /** Gives pages [first, first + count) a struct page, or takes it away. Bytes are independent of it. */
  setPages(first: Pfn, count: number, exists: boolean): void {
    this.linear.wasm.setPages(first, count, exists ? 1 : 0)
  }

  hasPage(pfn: Pfn): boolean {
    return pfn < 2 ** 32 && Boolean(this.linear.wasm.hasPage(pfn))
  }

  /** PG_dcache_clean. */
  pageClean(pfn: Pfn): boolean {
    return Boolean(this.linear.wasm.pageClean(pfn))
  }

  setPageClean(pfn: Pfn, clean: boolean): void {
    this.linear.wasm.setPageClean(pfn, clean ? 1 : 0)
  }

  /** Copies bytes out. */
  read(view: View, at: PhysAddr, into: Uint8Array): void {
    checkRange(at, into.length)
    for (let done = 0; done < into.length; done += L.STAGE_SIZE) {
      const n = Math.min(L.STAGE_SIZE, into.length - done)
      this.linear.wasm.copyOut(this.views[view], at + done, L.STAGE_BASE, n)
      into.set(this.linear.u8.subarray(L.STAGE_BASE, L.STAGE_BASE + n), done)
    }
  }

  /** Copies bytes in. */
  write(view: View, at: PhysAddr, from: Uint8Array): void {
    checkRange(at, from.length)
    for (let done = 0; done < from.length; done += L.STAGE_SIZE) {
      const n = Math.min(L.STAGE_SIZE, from.length - done)
      this.linear.u8.set(from.subarray(done, done + n), L.STAGE_BASE)
      this.linear.wasm.copyIn(this.views[view], at + done, L.STAGE_BASE, n)
    }
  }

  /** Copies between ranges that do not overlap, as memcpy does. */
  copy(fromView: View, from: PhysAddr, toView: View, to: PhysAddr, len: number): void {
    checkRange(from, len)
    checkRange(to, len)
    this.linear.wasm.copyRange(this.views[fromView], from, this.views[toView], to, len)
  }

  /** Writes the pattern: byte i of the range is byte `offset + i` of the stream of `seed` (see pattern.ts). */
  fill(view: View, at: PhysAddr, len: number, seed: number, offset = 0): void {
    checkRange(at, len)
    this.linear.wasm.fillRange(this.views[view], at, len, seed, offset)
  }

  /** Compares every byte with that pattern. */
  compare(view: View, at: PhysAddr, len: number, seed: number, offset = 0): Comparison {
    checkRange(at, len)
    this.linear.wasm.compareRange(this.views[view], at, len, seed, offset)
    return this.comparison()
  }

  /** memset. */
  set(view: View, at: PhysAddr, len: number, byte: number): void {
    checkRange(at, len)
    this.linear.wasm.setRange(this.views[view], at, len, byte)
  }

  /** Compares every byte with one value. */
  compareSet(view: View, at: PhysAddr, len: number, byte: number): Comparison {
    checkRange(at, len)
    this.linear.wasm.compareSetRange(this.views[view], at, len, byte)
    return this.comparison()
  }

  /** 32-bit checksum of the bytes and their number (see checksum.ts). */
  checksum(view: View, at: PhysAddr, len: number): number {
    checkRange(at, len)
    return this.linear.wasm.checksumRange(this.views[view], at, len)
  }

  /** Inner cache, without a result of its own: see clean, invalidate and flush; addCounts() tells what was done. */
  maintain(op: 'clean' | 'invalidate' | 'flush', at: PhysAddr, len: number, code: 'old' | 'new'): void {
    checkRange(at, len)
    // What a call finds is what the one before found, as a rule: then it is the same object.
    if (!this.linear.wasm.maintainInner(innerOp(op), at, len, code === 'old' ? 1 : 0)) return
    this.counts = { lines: this.result(L.R_LINES), writtenBack: this.result(L.R_WRITTEN_BACK) }
  }

  /** Adds what the last call of `maintain` did: line operations, and how many of the lines were dirty. */
  addCounts(to: { lines: number; writtenBack: number }): void {
    const { u32 } = this.linear
    to.lines += u32[(L.CALL_BASE + L.R_LINES) / 4]!
    to.writtenBack += u32[(L.CALL_BASE + L.R_WRITTEN_BACK) / 4]!
  }

  /** Inner cache: writes back every line that the range touches. */
  clean(at: PhysAddr, len: number): LineCounts {
    return this.inner('clean', at, len, 'new')
  }

  /**
   * Inner cache: drops every line of the range; lines it covers in part are cleaned first. `old`: as ARMv7 code did it before it
   * learned to skip a partial first line.
   */
  invalidate(at: PhysAddr, len: number, code: 'old' | 'new' = 'new'): LineCounts {
    return this.inner('invalidate', at, len, code)
  }

  /** Inner cache: writes back and drops. */
  flush(at: PhysAddr, len: number): LineCounts {
    return this.inner('flush', at, len, 'new')
  }

  /** Outer cache; nothing happens on a machine without one. */
  outerClean(at: PhysAddr, len: number): LineCounts {
    return this.outer(L.OP_CLEAN, at, len)
  }

  outerInvalidate(at: PhysAddr, len: number): LineCounts {
    return this.outer(L.OP_INVALIDATE, at, len)
  }

  outerFlush(at: PhysAddr, len: number): LineCounts {
    return this.outer(L.OP_FLUSH, at, len)
  }

  /**
   * What caches may do at any moment: about one cached line in four is evicted, written back if it is dirty, and in `cacheable`
   * memory about one line in four is fetched.
   */
  disturb(key: DisturbKey, cacheable: readonly { readonly base: PhysAddr; readonly len: number }[] = []): void {
    this.linear.wasm.disturbKey(key.seed, fnv1a(key.purpose), key.operation)
    this.linear.wasm.disturbEvict()
    for (const { base, len } of cacheable) this.linear.wasm.disturbPrefetch(base, len)
  }

  /** Runs `work` and returns every line operation it caused, in issue order. */
  lineLog(work: () => void, capacity = 65536): LineRecord[] {
    this.linear.wasm.logOn(capacity)
    try {
      work()
    } finally {
      this.linear.wasm.logOff()
    }
    return readLineLog(this.linear)
  }

  /** Lines of the inner cache, in runs: see readLineRuns. */
  lineRuns = (at: PhysAddr, len: number): readonly number[] => readLineRuns(this.linear, this.config.lineSize, at, len)

  /** What took the long way since this was last asked, or the machine was made: see takeLongWays. */
  longWays = (): LongWays => takeLongWays(this.linear)

  private inner(op: 'clean' | 'invalidate' | 'flush', at: PhysAddr, len: number, code: 'old' | 'new'): LineCounts {
    this.maintain(op, at, len, code)
    return this.counts
  }

  private outer(op: number, at: PhysAddr, len: number): LineCounts {
    checkRange(at, len)
    this.linear.wasm.maintainOuter(op, at, len)
    return { lines: this.result(L.R_OUTER_LINES), writtenBack: this.result(L.R_OUTER_WRITTEN_BACK) }
  }

  private comparison(): Comparison {
    const first = this.result(L.R_FIRST_WRONG)
    return { wrong: this.result(L.R_WRONG), firstWrong: first === 0xffff_ffff ? -1 : first }
  }

  private result(offset: number): number {
    return this.linear.u32[(L.CALL_BASE + offset) / 4] ?? 0
  }

  private header(offset: number): number {
    return this.linear.u32[(L.HEADER_BASE + offset) / 4] ?? 0
  }
}

function checkRange(at: PhysAddr, len: number): void {
  const fits = len >>> 0 === len && at >= 0 && at + len <= PHYS_END && Math.floor(at) === at
  if (!fits) throw new Error(`no physical range: ${len} bytes at 0x${at.toString(16)}`)
}
