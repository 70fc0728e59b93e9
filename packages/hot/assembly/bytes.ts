// Bytes of physically contiguous ranges, through a view. Each loop walks the range page by page.
//
// view     VIEW_*
// phys     physical address of the first byte, below 2^44
// len      bytes, below 2^32
import * as L from './shared/layout'
import { checksumBegin, checksumBlocks, checksumEnd } from './checksum'
import { forgetUntouched, untouched } from './heap'
import { wentLong } from './long-ways'
import { byteCompare, firstWrong, forgetWrong, patternCompare, patternFill, patternStart } from './pattern'
import { readAt, writeAt } from './views'

/** Bytes from `offset` to the end of the page, at most `left`. */
function piece(offset: u32, left: u32): u32 {
  return min<u32>(L.PAGE_SIZE - offset, left)
}

/** Copies the range to `to`, an address in this memory. */
export function copyOut(view: u32, phys: f64, to: usize, len: u32): void {
  let at = <u64>phys
  while (len != 0) {
    const offset = <u32>at & (L.PAGE_SIZE - 1)
    const n = piece(offset, len)
    memory.copy(to, readAt(view, <u32>(at >> L.PAGE_SHIFT), offset, n), n)
    at += n
    to += n
    len -= n
  }
}

/** Copies to the range from `from`, an address in this memory. */
export function copyIn(view: u32, phys: f64, from: usize, len: u32): void {
  let at = <u64>phys
  while (len != 0) {
    const offset = <u32>at & (L.PAGE_SIZE - 1)
    const n = piece(offset, len)
    memory.copy(writeAt(view, <u32>(at >> L.PAGE_SHIFT), offset, n), from, n)
    at += n
    from += n
    len -= n
  }
}

/** Copies between ranges that do not overlap, by way of the copy page: reading one may move the bytes of the other. */
export function copyRange(fromView: u32, from: f64, toView: u32, to: f64, len: u32): void {
  while (len != 0) {
    const n = piece(<u32>(<u64>from & (L.PAGE_SIZE - 1)), len)
    copyOut(fromView, from, L.COPY_BASE, n)
    copyIn(toView, to, L.COPY_BASE, n)
    from += n
    to += n
    len -= n
  }
}

/** Writes the pattern of `seed` from its byte `start` on. */
export function fillRange(view: u32, phys: f64, len: u32, seed: u32, start: f64): void {
  const x = patternStart(seed)
  let at = <u64>phys
  let i = <u64>start
  while (len != 0) {
    const offset = <u32>at & (L.PAGE_SIZE - 1)
    const n = piece(offset, len)
    patternFill(writeAt(view, <u32>(at >> L.PAGE_SHIFT), offset, n), n, x, i)
    at += n
    i += n
    len -= n
  }
}

/** Compares with that pattern; results in R_WRONG and R_FIRST_WRONG. */
export function compareRange(view: u32, phys: f64, len: u32, seed: u32, start: f64): void {
  const x = patternStart(seed)
  let at = <u64>phys
  let i = <u64>start
  let index: u32 = 0
  let wrong: u32 = 0
  forgetWrong()
  while (index != len) {
    const offset = <u32>at & (L.PAGE_SIZE - 1)
    const n = piece(offset, len - index)
    wrong += patternCompare(readAt(view, <u32>(at >> L.PAGE_SHIFT), offset, n), n, x, i, index)
    at += n
    i += n
    index += n
  }
  storeWrong(wrong)
}

/**
 * Writes one byte value everywhere. Where a page is set to zero and its frame was never written, nothing is left to do: to touch fresh
 * memory costs more than all else, and most buffers of a machine are cleared for one that is used.
 */
export function setRange(view: u32, phys: f64, len: u32, byte: u32): void {
  let at = <u64>phys
  while (len != 0) {
    const offset = <u32>at & (L.PAGE_SIZE - 1)
    const n = piece(offset, len)
    forgetUntouched()
    const to = writeAt(view, <u32>(at >> L.PAGE_SHIFT), offset, n)
    if (byte != 0 || to != untouched) {
      memory.fill(to, <u8>byte, n)
      wentLong(L.LONG_SET, n)
    }
    at += n
    len -= n
  }
}

/** Compares every byte with one value; results in R_WRONG and R_FIRST_WRONG. */
export function compareSetRange(view: u32, phys: f64, len: u32, byte: u32): void {
  let at = <u64>phys
  let index: u32 = 0
  let wrong: u32 = 0
  forgetWrong()
  while (index != len) {
    const offset = <u32>at & (L.PAGE_SIZE - 1)
    const n = piece(offset, len - index)
    wrong += byteCompare(readAt(view, <u32>(at >> L.PAGE_SHIFT), offset, n), n, <u8>byte, index)
    at += n
    index += n
  }
  storeWrong(wrong)
}

/** Checksum of the range: depends on its bytes alone, not on where they lie. */
export function checksumRange(view: u32, phys: f64, len: u32): u32 {
  let left = len
  checksumBegin()
  while (left != 0) {
    const n = min<u32>(L.STAGE_SIZE, left)
    copyOut(view, phys, L.STAGE_BASE, n)
    memory.fill(<usize>L.STAGE_BASE + n, 0, (0 - n) & 63)
    checksumBlocks(L.STAGE_BASE, (n + 63) >> 6)
    phys += n
    left -= n
  }
  return checksumEnd(len)
}

function storeWrong(wrong: u32): void {
  store<u32>(L.CALL_BASE, wrong, L.R_WRONG)
  store<u32>(L.CALL_BASE, firstWrong, L.R_FIRST_WRONG)
}
