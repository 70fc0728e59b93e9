// Four entries at a time, without a branch for any of them: all that could be wrong is gathered, one lane for each question, and looked at
// once before the four are written.
import * as L from './shared/layout'

const WHOLE_LINES: u32 = 63
const LINE_SHIFT: i32 = 6
const BLOCK: u32 = 4
const BLOCK_BYTES: usize = BLOCK << L.SG_SHIFT

// In the call block, so that they are read before the loop: what is computed there V8 computes anew for each block.
const BASE: usize = L.CALL_BASE + L.V_BASE
const LIMITS: usize = L.CALL_BASE + L.V_LIMITS
const UNFIT: usize = L.CALL_BASE + L.V_UNFIT
const MOVE: usize = L.CALL_BASE + L.V_MOVE
const MAPPED: usize = L.CALL_BASE + L.V_MAPPED

/** Inner line operations of the entries that the last call of mapBlocks mapped. */
export let blockLines: u32

/**
 * Maps blocks of four entries as long as all four are pages, from their first byte on and whole lines of them, among those of [first, first
 * + count) with a clear bit in the bitmap, and not tagged. Returns the first entry behind them.
 *
 * bitmap  where it would begin, if it began with page 0
 * move    bus minus physical address
 * tags    attributes
 */
export function mapBlocks(e: usize, end: usize, first: u32, count: u32, bitmap: usize, move: u64, tags: u32): usize {
  // Lanes: pfn, offset, length, attributes. Of an entry less BASE: the page's number among them, and the length less one.
  v128.store(BASE, i32x4.replace_lane(i32x4(0, 0, 1, 0), 0, first))
  v128.store(LIMITS, i32x4.replace_lane(i32x4(0, -1, L.PAGE_SIZE - 1, -1), 0, count - 1))
  v128.store(UNFIT, i32x4.replace_lane(i32x4(0, -1, WHOLE_LINES, 0), 3, tags))
  v128.store(MOVE, i64x2.splat(move))
  v128.store(MAPPED, i32x4(0, 0, 0, L.SG_F_MAPPED))
  const base = v128.load(BASE)
  const limits = v128.load(LIMITS)
  const unfit = v128.load(UNFIT)
  const offset = v128.load(MOVE)
  const mapped = v128.load(MAPPED)
  let lines = i32x4.splat(0)
  for (const stop = end - BLOCK_BYTES; e <= stop; e += BLOCK_BYTES) {
    const a = v128.load(e)
    const b = v128.load(e, L.SG_STRIDE)
    const c = v128.load(e, 2 * L.SG_STRIDE)
    const d = v128.load(e, 3 * L.SG_STRIDE)
    const ab = i32x4.max_u(i32x4.sub(a, base), i32x4.sub(b, base))
    const cd = i32x4.max_u(i32x4.sub(c, base), i32x4.sub(d, base))
    const highest = i32x4.max_u(ab, cd)
    const beyond = v128.xor(i32x4.min_u(highest, limits), highest)
    const found = v128.and(v128.or(v128.or(a, b), v128.or(c, d)), unfit)
    if (v128.any_true(v128.or(beyond, found))) break
    const cached =
      bitOf(bitmap, load<u32>(e)) |
      bitOf(bitmap, load<u32>(e, L.SG_STRIDE)) |
      bitOf(bitmap, load<u32>(e, 2 * L.SG_STRIDE)) |
      bitOf(bitmap, load<u32>(e, 3 * L.SG_STRIDE))
    const pages =
      load<u32>(e, L.SG_FLAGS) &
      load<u32>(e, L.SG_STRIDE + L.SG_FLAGS) &
      load<u32>(e, 2 * L.SG_STRIDE + L.SG_FLAGS) &
      load<u32>(e, 3 * L.SG_STRIDE + L.SG_FLAGS)
    if (((~pages | <u32>cached) & L.SG_F_PAGE) != 0) break
    lines = i32x4.add(lines, i32x4.shr_u(i32x4.add(i32x4.add(a, b), i32x4.add(c, d)), LINE_SHIFT))
    writeEntry(e, a, offset, mapped)
    writeEntry(e + L.SG_STRIDE, b, offset, mapped)
    writeEntry(e + 2 * L.SG_STRIDE, c, offset, mapped)
    writeEntry(e + 3 * L.SG_STRIDE, d, offset, mapped)
  }
  blockLines = <u32>i32x4.extract_lane(lines, 2)
  return e
}

/** Bit 0 is the page's. */
// inline
function bitOf(bitmap: usize, pfn: u32): u64 {
  return load<u64>(bitmap + ((pfn >> 6) << 3)) >> (<u64>pfn & 63)
}

/** Writes bus address, length and flags. */
// inline
function writeEntry(e: usize, entry: v128, offset: v128, mapped: v128): void {
  const before = v128.or(v128.load(e, L.SG_DMA_ADDRESS), mapped)
  const bus = i64x2.add(i64x2.shr_u(i64x2.shl(entry, 32), 32 - L.PAGE_SHIFT), offset)
  const lengths = v128.shuffle<i32>(bus, entry, 0, 1, 6, 7)
  v128.store(e, v128.shuffle<i32>(lengths, before, 0, 1, 2, 7), L.SG_DMA_ADDRESS)
}
