// Cache maintenance by range, as ARM's code issues it: which operation on which line, in which order. Line addresses are
// physical; the inner cache is modelled without aliases.
//
// addr, len   the range, bytes; edges need not be aligned
import * as L from './shared/layout'
import { hasOuter, lineShift, plain } from './config'
import { cleanWhole, INNER, lineOp, OUTER } from './line-ops'
import { logging, logLines } from './line-log'
import { wentLong } from './long-ways'
import { quickWhole } from './whole'

// Since counters were last zeroed.
export let lines: u32
export let writtenBack: u32
export let outerLines: u32
export let outerWrittenBack: u32

export function zeroCounters(): void {
  lines = 0
  writtenBack = 0
  outerLines = 0
  outerWrittenBack = 0
}

export function storeCounters(): void {
  store<u32>(L.CALL_BASE, lines, L.R_LINES)
  store<u32>(L.CALL_BASE, writtenBack, L.R_WRITTEN_BACK)
  store<u32>(L.CALL_BASE, outerLines, L.R_OUTER_LINES)
  store<u32>(L.CALL_BASE, outerWrittenBack, L.R_OUTER_WRITTEN_BACK)
}

/** Counts inner line operations that found nothing to change. */
export function countInner(count: u32): void {
  lines += count
}

/** Issues one operation (OP_*) on every line of [start, end), both aligned; there may be none. */
function issue(level: u32, op: u32, start: u64, end: u64): void {
  const shift: u32 = level == INNER ? lineShift : L.OUTER_LINE_SHIFT
  const count = <u32>((max(end, start) - start) >> shift)
  logLines(level, op, start, count, shift) // OP_CLEAN, OP_INVALIDATE, OP_FLUSH are the log's kinds
  const back = lineOp(level, op, start, end)
  if (level == INNER) {
    lines += count
    writtenBack += back
  } else {
    outerLines += count
    outerWrittenBack += back
  }
}

/**
 * Inner cache. Clean and flush touch every line of the range, at least one.
 * `old`: invalidate as it was before the code skipped a partial first line.
 *
 * Models: Linux v6.12 arch/arm/mm/cache-v7.S: v7_dma_clean_range, v7_dma_inv_range, v7_dma_flush_range
 */
export function innerRange(op: u32, addr: u64, len: u64, old: bool): void {
  const line = (<u64>1) << lineShift
  let start = addr & ~(line - 1)
  let end = addr + len
  if (op != L.OP_INVALIDATE) {
    end = (end + line - 1) & ~(line - 1)
    issue(INNER, op, start, max(end, start + line))
    return
  }
  if (start != addr) {
    issue(INNER, L.OP_FLUSH, start, start + line)
    if (!old) start += line
  }
  if ((end & (line - 1)) != 0) {
    end &= ~(line - 1)
    issue(INNER, L.OP_FLUSH, end, end + line)
  }
  if (old) end = max(end, start + line)
  issue(INNER, L.OP_INVALIDATE, start, end)
}

/** Line operations that innerRange would issue. */
export function innerLines(op: u32, addr: u64, len: u64, old: bool): u32 {
  const line = (<u64>1) << lineShift
  let start = addr & ~(line - 1)
  let end = addr + len
  if (op != L.OP_INVALIDATE) return max<u32>(1, <u32>((end - start + line - 1) >> lineShift))
  let count: u32 = 0
  if (start != addr) {
    count++
    if (!old) start += line
  }
  if ((end & (line - 1)) != 0) count++
  end &= ~(line - 1)
  if (old) end = max(end, start + line)
  return count + <u32>((max(end, start) - start) >> lineShift)
}

/**
 * Outer cache; ends with a drain, which is logged and not counted. Nothing happens on a machine without one.
 *
 * Models: Linux v6.12 arch/arm/mm/cache-l2x0.c: l2c210_inv_range, l2c210_clean_range, l2c210_flush_range
 */
export function outerRange(op: u32, addr: u64, len: u64): void {
  if (!hasOuter) return
  const line: u64 = 1 << L.OUTER_LINE_SHIFT
  let start = addr & ~(line - 1)
  let end = addr + len
  if (op == L.OP_INVALIDATE) {
    if (start != addr) {
      issue(OUTER, L.OP_FLUSH, start, start + line)
      start += line
    }
    if ((end & (line - 1)) != 0) {
      end &= ~(line - 1)
      issue(OUTER, L.OP_FLUSH, end, end + line)
    }
  } else end = (end + line - 1) & ~(line - 1)
  issue(OUTER, op, start, end)
  logLines(OUTER, L.LOG_SYNC, 0, 1, 0)
}

/** R_LINES and R_WRITTEN_BACK of the last call of maintainInner. */
let told: u64

export function forgetTold(): void {
  told = 0
}

/**
 * One inner range; counts in R_LINES and R_WRITTEN_BACK. `old` 1: see innerRange.
 *
 * returns  whether the counts differ from those of the call before: to read them costs as much as the call
 */
export function maintainInner(op: u32, phys: f64, len: u32, old: u32): bool {
  const counts = maintain(op, quickWhole(phys), len, old != 0)
  if (counts == told) return false
  told = counts
  return true
}

/** As maintainInner, for callers that have the address as it is. Returns R_LINES, and R_WRITTEN_BACK above it. */
export function maintain(op: u32, start: u64, len: u32, old: bool): u64 {
  if (op == L.OP_CLEAN && plain && len != 0 && ((<u32>start | len) & (L.PAGE_SIZE - 1)) == 0 && !logging()) {
    const back = cleanWhole(<u32>(start >> L.PAGE_SHIFT), len >> L.PAGE_SHIFT)
    const counts = ((<u64>back) << 32) | (len >> 6)
    store<u64>(L.CALL_BASE, counts, L.R_LINES)
    store<u64>(L.CALL_BASE, 0, L.R_OUTER_LINES)
    return counts
  }
  wentLong(L.LONG_MAINTENANCE, 1)
  zeroCounters()
  innerRange(op, start, len, old)
  storeCounters()
  return load<u64>(L.CALL_BASE, L.R_LINES)
}

/** One outer range; counts in R_OUTER_LINES and R_OUTER_WRITTEN_BACK. */
export function maintainOuter(op: u32, phys: f64, len: u32): void {
  zeroCounters()
  outerRange(op, <u64>phys, len)
  storeCounters()
}
