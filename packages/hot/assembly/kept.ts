// Blocks that stay where they are when the machine starts again, cleaned by whoever knows what was touched: to fill all of them anew
// costs more than the rest of a boot. Their records lie in a table, by address.
import { heapTakeZeroed } from './heap'
import * as L from './shared/layout'

const NONE: u32 = 0xffff_ffff

export function keptCount(): u32 {
  return load<u32>(L.KEPT_BASE)
}

/** The record of the block with this number. */
export function keptRecord(number: u32): usize {
  return <usize>L.KEPT_BASE + L.KEPT_RECORDS + number * L.KEPT_STRIDE
}

/** Takes a block until the next reset: a spare one of this kind, clean as its owner left it, or a new one, all zero. Returns its address. */
export function keptTake(kind: u32, frames: u32): usize {
  const count = keptCount()
  for (let i: u32 = 0; i < count; i++) {
    const record = keptRecord(i)
    if (load<u32>(record, L.K_KIND) != kind || load<u32>(record, L.K_SPARE) == 0) continue
    store<u32>(record, 0, L.K_SPARE)
    store<u32>(L.HEADER_BASE, load<u32>(L.HEADER_BASE, L.H_HEAP_JUMPED) - frames, L.H_HEAP_JUMPED)
    return (<usize>load<u32>(record, L.K_FRAME)) << L.PAGE_SHIFT
  }
  const at = heapTakeZeroed(frames)
  if (count < <u32>L.KEPT_MAX) insert(<u32>(at >> L.PAGE_SHIFT), frames, kind)
  return at
}

/** First frame of the first block at or behind `frame`; all ones when there is none. */
export function keptFrom(frame: u32): u32 {
  const count = keptCount()
  for (let i: u32 = 0; i < count; i++) {
    const first = load<u32>(keptRecord(i), L.K_FRAME)
    if (first >= frame) return first
  }
  return NONE
}

/** The frame behind the block that begins at `frame`. */
export function keptEndAt(frame: u32): u32 {
  let i: u32 = 0
  while (load<u32>(keptRecord(i), L.K_FRAME) != frame) i++
  return frame + load<u32>(keptRecord(i), L.K_FRAMES)
}

/** The frame behind the last block; 0 when there is none. */
export function keptEnd(): u32 {
  const count = keptCount()
  if (count == 0) return 0
  const last = keptRecord(count - 1)
  return load<u32>(last, L.K_FRAME) + load<u32>(last, L.K_FRAMES)
}

function insert(frame: u32, frames: u32, kind: u32): void {
  let i = keptCount()
  store<u32>(L.KEPT_BASE, i + 1)
  for (; i > 0 && load<u32>(keptRecord(i - 1), L.K_FRAME) > frame; i--)
    memory.copy(keptRecord(i), keptRecord(i - 1), L.KEPT_STRIDE)
  const record = keptRecord(i)
  store<u32>(record, frame, L.K_FRAME)
  store<u32>(record, frames, L.K_FRAMES)
  store<u32>(record, kind, L.K_KIND)
  store<u32>(record, 0, L.K_SPARE)
}
