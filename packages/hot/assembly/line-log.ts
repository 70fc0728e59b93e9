// The line log: every line operation in issue order, kept in this memory while it is switched on.
import * as L from './shared/layout'
import { heapTake } from './heap'

/** Switches the log on, empty, with room for `capacity` records. Its memory stays taken until the next reset. */
export function logOn(capacity: u32): void {
  if (capacity > load<u32>(L.HEADER_BASE, L.H_LOG_CAPACITY)) {
    const frames = (capacity * L.LOG_STRIDE + L.PAGE_SIZE - 1) >> L.PAGE_SHIFT
    store<u32>(L.HEADER_BASE, capacity, L.H_LOG_CAPACITY)
    store<u32>(L.HEADER_BASE, heapTake(frames) << L.PAGE_SHIFT, L.H_LOG_SPARE)
  }
  store<u32>(L.HEADER_BASE, 0, L.H_LOG_COUNT)
  store<u32>(L.HEADER_BASE, load<u32>(L.HEADER_BASE, L.H_LOG_SPARE), L.H_LOG_BASE)
}

/** Switches the log off; the records stay readable until it is switched on again. */
export function logOff(): void {
  store<u32>(L.HEADER_BASE, 0, L.H_LOG_BASE)
}

export function logging(): bool {
  return load<u32>(L.HEADER_BASE, L.H_LOG_BASE) != 0
}

/** Writes down one operation on each of `lines` lines from `start` on. */
export function logLines(level: u32, kind: u32, start: u64, lines: u32, shift: u32): void {
  const base = <usize>load<u32>(L.HEADER_BASE, L.H_LOG_BASE)
  if (base == 0) return
  const capacity = load<u32>(L.HEADER_BASE, L.H_LOG_CAPACITY)
  let count = load<u32>(L.HEADER_BASE, L.H_LOG_COUNT)
  for (let i: u32 = 0; i < lines; i++, count++) {
    if (count >= capacity) continue
    const at = start + ((<u64>i) << shift)
    const to = base + <usize>count * L.LOG_STRIDE
    store<u32>(to, <u32>at)
    store<u32>(to, <u32>(at >> 32) | (level << 16) | (kind << 24), 4)
  }
  store<u32>(L.HEADER_BASE, count, L.H_LOG_COUNT)
}
