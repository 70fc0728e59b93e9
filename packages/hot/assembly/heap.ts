// The heap of a machine: 4 KiB frames by number (address = number << 12), recycled last in, first out, because touching a
// fresh page costs far more than touching a warm one. The linear memory grows here and nowhere else.
import { keptEnd, keptEndAt, keptFrom } from './kept'
import * as L from './shared/layout'

const WASM_PAGE_SHIFT: u32 = 16
/** Growing is slow whatever the size: the memory doubles, from 256 KiB on, until it grows by this many 64 KiB pages (64 MiB). */
const GROW_STEP: u32 = 1024
const MAXIMUM: u32 = 65536

/** Throws, on the JavaScript side: the modelled machine holds more contents and tables than it may. */
declare function outOfMemory(): void
/** How many 64 KiB pages the memory may have, on the JavaScript side: at most MAXIMUM. */
declare function mostPages(): u32

/** All frames are free again, but for blocks that are kept. */
export function heapReset(): void {
  const first: u32 = L.HEAP_BASE >> L.PAGE_SHIFT
  const high = max(first, max(load<u32>(L.HEADER_BASE, L.H_HEAP_HIGH), load<u32>(L.HEADER_BASE, L.H_HEAP_NEXT)))
  memory.fill(L.HEADER_BASE, 0, L.PAGE_SIZE)
  store<u32>(L.HEADER_BASE, high, L.H_HEAP_HIGH)
  store<u32>(L.HEADER_BASE, first, L.H_HEAP_NEXT)
  store<u32>(L.HEADER_BASE, keptFrom(first), L.H_HEAP_STOP)
}

/** Frame number: from here on nothing is in use or kept. */
export function heapEnd(): u32 {
  return max(load<u32>(L.HEADER_BASE, L.H_HEAP_NEXT), keptEnd())
}

/** The frame that the next heapTake of at most `count` frames returns: kept blocks are jumped over, with what lies in front of them. */
export function heapRoom(count: u32): u32 {
  let next = load<u32>(L.HEADER_BASE, L.H_HEAP_NEXT)
  let stop = load<u32>(L.HEADER_BASE, L.H_HEAP_STOP)
  while (count > stop - next) {
    const end = keptEndAt(stop)
    store<u32>(L.HEADER_BASE, load<u32>(L.HEADER_BASE, L.H_HEAP_JUMPED) + (end - next), L.H_HEAP_JUMPED)
    next = end
    stop = keptFrom(next)
    store<u32>(L.HEADER_BASE, next, L.H_HEAP_NEXT)
    store<u32>(L.HEADER_BASE, stop, L.H_HEAP_STOP)
  }
  return next
}

/** Takes `count` neighbouring frames that stay taken until the next reset; returns the first one. Contents: anything. */
export function heapTake(count: u32): u32 {
  const first = heapRoom(count)
  const end = first + count
  const have = (<u32>memory.size()) << (WASM_PAGE_SHIFT - L.PAGE_SHIFT)
  if (end > have) grow(end - have)
  store<u32>(L.HEADER_BASE, end, L.H_HEAP_NEXT)
  return first
}

/** As heapTake; returns an address, and every byte is zero. */
export function heapTakeZeroed(count: u32): usize {
  const first = heapTake(count)
  const high = load<u32>(L.HEADER_BASE, L.H_HEAP_HIGH)
  const end = first + count
  if (first < high) memory.fill((<usize>first) << L.PAGE_SHIFT, 0, (<usize>(min(high, end) - first)) << L.PAGE_SHIFT)
  if (end > high) store<u32>(L.HEADER_BASE, end, L.H_HEAP_HIGH)
  return (<usize>first) << L.PAGE_SHIFT
}

/** Takes one frame. Contents: anything. */
export function frameTake(): u32 {
  const top = load<u32>(L.HEADER_BASE, L.H_FREE_FRAMES)
  if (top == 0) return heapTake(1)
  store<u32>(L.HEADER_BASE, load<u32>((<usize>top) << L.PAGE_SHIFT), L.H_FREE_FRAMES)
  store<u32>(L.HEADER_BASE, load<u32>(L.HEADER_BASE, L.H_FREE_COUNT) - 1, L.H_FREE_COUNT)
  return top
}

/** The address of the frame that the last frameForWhole took, where none of its bytes was ever written: all are zero. 0: they are anything. */
export let untouched: usize

export function forgetUntouched(): void {
  untouched = 0
}

/** As frameTake, for who overwrites the whole frame, or knows from `untouched` that it need not write zeros. */
export function frameForWhole(): u32 {
  const recycled = load<u32>(L.HEADER_BASE, L.H_FREE_FRAMES) != 0
  const frame = frameTake()
  const written = recycled || frame < load<u32>(L.HEADER_BASE, L.H_HEAP_HIGH)
  untouched = written ? 0 : (<usize>frame) << L.PAGE_SHIFT
  return frame
}

/** Gives one frame back; the next frameTake returns it. */
export function frameGive(frame: u32): void {
  store<u32>((<usize>frame) << L.PAGE_SHIFT, load<u32>(L.HEADER_BASE, L.H_FREE_FRAMES))
  store<u32>(L.HEADER_BASE, frame, L.H_FREE_FRAMES)
  store<u32>(L.HEADER_BASE, load<u32>(L.HEADER_BASE, L.H_FREE_COUNT) + 1, L.H_FREE_COUNT)
}

function grow(frames: u32): void {
  const size = <u32>memory.size()
  const wanted = (frames + 15) >> (WASM_PAGE_SHIFT - L.PAGE_SHIFT)
  const most = min(MAXIMUM, mostPages())
  const step = min(max(wanted, min(size, GROW_STEP)), most > size ? most - size : 0)
  if (step < wanted || memory.grow(step) < 0) outOfMemory()
}
