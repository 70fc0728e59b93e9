// One pass over a scatterlist: writes the call block, runs the loop, reads what it found.
import type { Pfn } from '@dmalab/api'
import * as L from '../assembly/shared/layout.ts'
import type { RangeOp } from './area-ops.ts'
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
  readonly maintain: RangeOp
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

export function walkSg(linear: LinearMemory, handle: number, options: SgMapOptions, map: boolean): SgWalkResult {
  const { u32 } = linear
  const put = (offset: number, value: number): void => {
    u32[(L.CALL_BASE + offset) / 4] = value
  }
  const bits = options.maskBits ?? 64
  // Below 2^53 numbers are exact; wider masks are all ones in the low half.
  const [maskLow, maskHigh] = bits > 32 ? [0xffff_ffff, 2 ** (bits - 32) - 1] : [2 ** bits - 1, 0]
  const { limit = Infinity } = options
  const limited = limit < maskHigh * 2 ** 32 + maskLow
  put(L.A_LIST, handle)
  put(L.A_FROM, options.from)
  put(L.A_COUNT, options.count)
  put(L.A_OP, MAINTAIN[options.maintain])
  put(L.A_FLAGS, flagsOf(options, map))
  put(L.A_SKIP, options.skipAttrs ?? 0)
  put(L.A_LIMIT_LOW, limited ? limit % 2 ** 32 : maskLow)
  put(L.A_LIMIT_HIGH, limited ? Math.floor(limit / 2 ** 32) : maskHigh)
  put(L.A_HIGHMEM, options.highmemPfn ?? 0xffff_ffff)
  put(L.A_BUS_LOW, 0xffff_ffff)
  put(L.A_BUS_HIGH, options.busBits === 32 ? 0 : 0xffff_ffff)
  const ranges = options.ranges ?? []
  if (ranges.length > L.A_RANGE_MAX) throw new Error(`${ranges.length} ranges, at most ${L.A_RANGE_MAX}`)
  put(L.A_RANGES, ranges.length)
  ranges.forEach(({ firstPfn, endPfn, busOffset }, i) => {
    const at = L.A_RANGE_BASE + i * L.A_RANGE_STRIDE
    put(at, firstPfn)
    put(at + 4, endPfn)
    put(at + 8, busOffset)
    put(at + 12, Math.floor(busOffset / 2 ** 32))
  })
  linear.wasm.walkSg()
  const after = linear.u32
  const get = (offset: number): number => after[(L.CALL_BASE + offset) / 4] ?? 0
  return {
    next: get(L.R_NEXT),
    stopped: STOPPED[get(L.R_CODE)] ?? 'done',
    badPfn: get(L.R_PFN) as Pfn,
    entries: get(L.R_MAPPED),
    skippedEntries: get(L.R_SKIPPED),
    skippedLines: get(L.R_SKIPPED_LINES),
    lines: get(L.R_LINES),
    writtenBack: get(L.R_WRITTEN_BACK),
    outerLines: get(L.R_OUTER_LINES),
    outerWrittenBack: get(L.R_OUTER_WRITTEN_BACK),
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
