// One pass over a scatterlist: writes the call block, runs the loop, reads what it found.
import type { CacheLineOp, Pfn } from '@dmalab/api'
import * as L from '../assembly/shared/layout.ts'
import type { LinearMemory } from './linear-memory.ts'

/** A window: pages [firstPfn, endPfn) appear on the bus at physical address + busOffset. */
export interface BusRange {
  readonly firstPfn: number
  readonly endPfn: number
  /** Bytes, may be negative; addresses wrap at `busBits`. */
  readonly busOffset: number
}

export interface SgWalkOptions {
  /** First entry. */
  readonly from: number
  /** Entries from there. */
  readonly count: number
  /** What the caches go through over each entry, inner and (where there is one) outer. */
  readonly maintain: CacheLineOp
  /** `device`: before the device owns the memory, inner cache first; `cpu`: when the CPU takes it back, outer cache first. */
  readonly side: 'device' | 'cpu'
  /** Entries whose attributes share a bit with this are left alone. */
  readonly skipAttrs?: number
  /** Stop at memory without a struct page. */
  readonly needPage?: boolean
  /** Windows of the device; none: bus address is physical address. */
  readonly ranges?: readonly BusRange[]
  /** Width of dma_addr_t, where address arithmetic wraps: 32 or 64 (the default). */
  readonly busBits?: 32 | 64
  /** First highmem pfn; highmem is maintained page by page. */
  readonly highmemPfn?: number
  /** Highmem pages have a mapping, so that the inner cache is maintained there; default yes. */
  readonly innerOnHighmem?: boolean
  /** The physical address comes from the entry's DMA address (through the ranges), not from its page. */
  readonly byBusAddress?: boolean
  /** The length comes from the entry's DMA length. */
  readonly byDmaLength?: boolean
  /** Set the page-clean flag of every page that an entry covers in full, for entries of a page and more. */
  readonly markPagesClean?: boolean
  /** ARMv7 invalidate code; see Hot.invalidate. */
  readonly code?: 'old' | 'new'
}

export interface SgMapOptions extends SgWalkOptions {
  /** Width of the device's addresses, 1..64. */
  readonly maskBits?: number
  /** Last bus address the bus carries. */
  readonly limit?: number
}

export interface SgWalkResult {
  /** Entry at which the pass stopped; from + count when it is done. */
  readonly next: number
  /** `bad-page`: page_link holds no page, or needPage and there is none; `no-range`: no window; `unreachable`: beyond the limit. */
  readonly stopped: 'done' | 'bad-page' | 'no-range' | 'unreachable'
  /** bad-page: the page without a struct page, or the low half of what page_link holds. */
  readonly badPfn: Pfn
  /** Entries handled. */
  readonly entries: number
  readonly skippedEntries: number
  /** Inner line operations that skipping saved. */
  readonly skippedLines: number
  readonly lines: number
  readonly writtenBack: number
  readonly outerLines: number
  readonly outerWrittenBack: number
}

const MAINTAIN = { none: L.OP_NONE, clean: L.OP_CLEAN, invalidate: L.OP_INVALIDATE, flush: L.OP_FLUSH } as const
const STOPPED = ['done', 'no-range', 'unreachable', 'bad-page'] as const // by R_*

const CALL = L.CALL_BASE / 4

export function walkSg(linear: LinearMemory, handle: number, options: SgMapOptions, map: boolean): SgWalkResult {
  const { ranges = [], maskBits = 64, limit = Infinity } = options
  const { u32 } = linear
  u32[CALL + L.A_LIST / 4] = handle
  u32[CALL + L.A_FROM / 4] = options.from
  u32[CALL + L.A_COUNT / 4] = options.count
  u32[CALL + L.A_OP / 4] = MAINTAIN[options.maintain]
  u32[CALL + L.A_FLAGS / 4] = flagsOf(options, map)
  u32[CALL + L.A_SKIP / 4] = options.skipAttrs ?? 0
  u32[CALL + L.A_HIGHMEM / 4] = options.highmemPfn ?? 0xffff_ffff
  u32[CALL + L.A_BUS_LOW / 4] = 0xffff_ffff
  u32[CALL + L.A_BUS_HIGH / 4] = options.busBits === 32 ? 0 : 0xffff_ffff
  putLimit(u32, maskBits, limit)
  putRanges(u32, ranges)
  linear.wasm.walkSg()
  return resultOf(linear.u32)
}

/** 2^bits - 1: the power of a number is a call of the C library, as dear as the pass over a short list. */
const MOST = Float64Array.from({ length: 33 }, (_, bits) => 2 ** bits - 1)

/** The lower of mask and limit. Masks above 53 bits are not exact numbers: their halves are. */
function putLimit(u32: Uint32Array, maskBits: number, limit: number): void {
  let low = MOST[Math.min(maskBits, 32)] ?? 0
  let high = maskBits > 32 ? (MOST[maskBits - 32] ?? 0) : 0
  if (limit < high * 2 ** 32 + low) {
    high = Math.floor(limit / 2 ** 32)
    low = limit // the array takes its lower half
  }
  u32[CALL + L.A_LIMIT_LOW / 4] = low
  u32[CALL + L.A_LIMIT_HIGH / 4] = high
}

function putRanges(u32: Uint32Array, ranges: readonly BusRange[]): void {
  if (ranges.length > L.A_RANGE_MAX) throw new Error(`${ranges.length} ranges, at most ${L.A_RANGE_MAX}`)
  u32[CALL + L.A_RANGES / 4] = ranges.length
  let at = CALL + L.A_RANGE_BASE / 4
  for (const { firstPfn, endPfn, busOffset } of ranges) {
    u32[at] = firstPfn
    u32[at + 1] = endPfn
    u32[at + 2] = busOffset
    u32[at + 3] = Math.floor(busOffset / 2 ** 32)
    at += L.A_RANGE_STRIDE / 4
  }
}

function resultOf(u32: Uint32Array): SgWalkResult {
  return {
    next: u32[CALL + L.R_NEXT / 4] ?? 0,
    stopped: STOPPED[u32[CALL + L.R_CODE / 4] ?? 0] ?? 'done',
    badPfn: (u32[CALL + L.R_PFN / 4] ?? 0) as Pfn,
    entries: u32[CALL + L.R_MAPPED / 4] ?? 0,
    skippedEntries: u32[CALL + L.R_SKIPPED / 4] ?? 0,
    skippedLines: u32[CALL + L.R_SKIPPED_LINES / 4] ?? 0,
    lines: u32[CALL + L.R_LINES / 4] ?? 0,
    writtenBack: u32[CALL + L.R_WRITTEN_BACK / 4] ?? 0,
    outerLines: u32[CALL + L.R_OUTER_LINES / 4] ?? 0,
    outerWrittenBack: u32[CALL + L.R_OUTER_WRITTEN_BACK / 4] ?? 0,
  }
}

function flagsOf(options: SgWalkOptions, map: boolean): number {
  return (
    (map ? L.AF_MAP : 0) |
    (options.needPage === true ? L.AF_NEED_PAGE : 0) |
    (options.innerOnHighmem !== false ? L.AF_HIGHMEM_INNER : 0) |
    (options.side === 'cpu' ? L.AF_CPU_SIDE : 0) |
    (options.byBusAddress === true ? L.AF_BY_BUS : 0) |
    (options.byDmaLength === true ? L.AF_DMA_LENGTH : 0) |
    (options.markPagesClean === true ? L.AF_PAGE_CLEAN : 0) |
    (options.code === 'old' ? L.AF_OLD_CODE : 0)
  )
}
