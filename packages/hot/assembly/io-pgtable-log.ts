// What a driver behind the tables would see, in time order: table memory, TLB callbacks, cache cleans. A kind is written
// only when its bit in the log mask is set; consecutive calls of one kind, each one step further, become one record.
import { frameGive, heapTake } from './heap'
import * as L from './shared/layout'
import * as P from './shared/io-pgtable-layout'

const FIRST_FRAMES: u32 = 16

export function ioWarn(): void {
  store<u32>(P.IO_BASE, load<u32>(P.IO_BASE, P.IO_WARNINGS) + 1, P.IO_WARNINGS)
}

/** A part of a block was to be unmapped, and nothing is. */
export function refusePart(iova: u64): void {
  ioWarn()
  ioLog(P.LOG_QUIRK, P.IO_QUIRK_PARTIAL_UNMAP, iova)
}

/** Are events of this kind written? */
export function ioWants(kind: u32): bool {
  return ((load<u32>(P.IO_BASE, P.IO_LOG_MASK) >> kind) & 1) != 0
}

export function ioLog(kind: u32, a: u64 = 0, b: u64 = 0, c: u64 = 0, d: u64 = 0): void {
  if (!ioWants(kind)) return
  const r = append()
  store<u32>(r, kind, P.LOG_KIND)
  store<u32>(r, 1, P.LOG_COUNT)
  store<u64>(r, a, P.LOG_A)
  store<u64>(r, b, P.LOG_B)
  store<u64>(r, c, P.LOG_C)
  store<u64>(r, d, P.LOG_D)
}

/** tlb_add_page, `count` calls, iova advancing by granule. */
export function logAddPages(iova: u64, granule: u64, count: u32): void {
  if (!ioWants(P.LOG_ADD_PAGE) || count == 0) return
  const last = lastRecord(P.LOG_ADD_PAGE)
  if (last != 0 && load<u64>(last, P.LOG_B) == granule) {
    const have = load<u32>(last, P.LOG_COUNT)
    if (load<u64>(last, P.LOG_A) + <u64>have * granule == iova) {
      store<u32>(last, have + count, P.LOG_COUNT)
      return
    }
  }
  ioLog(P.LOG_ADD_PAGE, iova, granule)
  store<u32>(lastRecord(P.LOG_ADD_PAGE), count, P.LOG_COUNT)
}

/** Cache clean of `bytes` at `offset` in a table. */
export function logSync(table: usize, offset: u32, bytes: u32): void {
  if (!ioWants(P.LOG_TABLE_SYNC)) return
  const last = lastRecord(P.LOG_TABLE_SYNC)
  if (last != 0 && load<u64>(last, P.LOG_A) == <u64>table && load<u64>(last, P.LOG_C) == <u64>bytes) {
    const have = load<u32>(last, P.LOG_COUNT)
    if (load<u64>(last, P.LOG_B) + <u64>have * bytes == <u64>offset) {
      store<u32>(last, have + 1, P.LOG_COUNT)
      return
    }
  }
  ioLog(P.LOG_TABLE_SYNC, table, offset, bytes)
}

/** The newest record if it is of this kind, else 0. */
function lastRecord(kind: u32): usize {
  const count = load<u32>(P.IO_BASE, P.IO_LOG_COUNT)
  if (count == 0) return 0
  const at: usize = load<u32>(P.IO_BASE, P.IO_LOG) + (count - 1) * P.LOG_STRIDE
  return load<u32>(at, P.LOG_KIND) == kind ? at : 0
}

function append(): usize {
  const count = load<u32>(P.IO_BASE, P.IO_LOG_COUNT)
  if (count == load<u32>(P.IO_BASE, P.IO_LOG_CAPACITY)) growLog(count)
  store<u32>(P.IO_BASE, count + 1, P.IO_LOG_COUNT)
  return load<u32>(P.IO_BASE, P.IO_LOG) + count * P.LOG_STRIDE
}

/** Moves the log to a place twice as big; the frames it leaves are recycled. */
function growLog(count: u32): void {
  const old = load<u32>(P.IO_BASE, P.IO_LOG)
  const oldFrames: u32 = old == 0 ? 0 : (count * P.LOG_STRIDE + L.PAGE_SIZE - 1) >> L.PAGE_SHIFT
  const frames: u32 = oldFrames == 0 ? FIRST_FRAMES : oldFrames * 2
  const at: u32 = heapTake(frames) << L.PAGE_SHIFT
  if (old != 0) memory.copy(at, old, count * P.LOG_STRIDE)
  for (let i: u32 = 0; i < oldFrames; i++) frameGive((old >> L.PAGE_SHIFT) + i)
  store<u32>(P.IO_BASE, at, P.IO_LOG)
  store<u32>(P.IO_BASE, (frames << L.PAGE_SHIFT) / P.LOG_STRIDE, P.IO_LOG_CAPACITY)
}
