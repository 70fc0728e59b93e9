// Memory for translation tables: naturally aligned power-of-two blocks, zeroed when handed out, recycled last in, first out.
import { frameGive, frameTake, heapRoom, heapTake } from './heap'
import * as L from './shared/layout'
import * as P from './shared/io-pgtable-layout'

/** Takes a zeroed block of 2^order bytes, aligned to its size; order is 10..20. */
export function tableTake(order: u32): usize {
  const head = P.IO_BASE + P.IO_FREE + (order << 2)
  let at: usize = load<u32>(head)
  if (at != 0) store<u32>(head, load<u32>(at))
  else if (order >= <u32>L.PAGE_SHIFT) at = takeAligned(order)
  else at = splitFrame(order)
  memory.fill(at, 0, (<usize>1) << order)
  return at
}

/** Gives a block back. */
export function tableGive(at: usize, order: u32): void {
  const head = P.IO_BASE + P.IO_FREE + (order << 2)
  store<u32>(at, load<u32>(head))
  store<u32>(head, <u32>at)
}

/** Frames in front of the aligned block go to the common stack, so that nothing is lost. */
function takeAligned(order: u32): usize {
  const count: u32 = 1 << (order - L.PAGE_SHIFT)
  if (count == 1) return (<usize>frameTake()) << L.PAGE_SHIFT
  let next = heapRoom(2 * count)
  const pad = (count - (next & (count - 1))) & (count - 1)
  next = heapTake(count + pad)
  for (let i: u32 = 0; i < pad; i++) frameGive(next + i)
  return (<usize>(next + pad)) << L.PAGE_SHIFT
}

function splitFrame(order: u32): usize {
  const frame = (<usize>frameTake()) << L.PAGE_SHIFT
  const size: usize = 1 << order
  for (let at = frame + L.PAGE_SIZE - size; at > frame; at -= size) tableGive(at, order)
  return frame
}
