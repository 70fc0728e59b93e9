// Events as a time line: who had which buffer when. Runs of the model and logs of kernels take the same way.
import type { Event } from '@dmalab/api'
import { BufferBook } from './buffer-book.ts'
import type { Timeline } from './timeline-data.ts'

export const timelineOf = (events: readonly Event[]): Timeline => {
  const pieces = timelineInPieces(events)
  for (;;) {
    const piece = pieces.next()
    if (piece.done === true) return piece.value
  }
}

/** Events of a piece: a few milliseconds. */
const PIECE = 500

/** The same for who has something else to do meanwhile; yields which part of the work is done, 0 to 1. */
export function* timelineInPieces(events: readonly Event[]): Generator<number, Timeline> {
  const first = new BufferBook()
  for (const [i, event] of events.entries()) {
    first.onEvent(event)
    if (i % PIECE === PIECE - 1) yield i / (2 * events.length)
  }
  // Queues name their buffers when devices get at them; what a buffer is called is known from then on, and was so before.
  const book = new BufferBook(first.names)
  const touched = new Int32Array(events.length).fill(-1)
  const laneOf = new Int32Array(events.length)
  for (const [i, event] of events.entries()) {
    const seen = book.onEvent(event)
    touched[i] = seen.buffer ?? -1
    laneOf[i] = seen.lane
    if (i % PIECE === PIECE - 1) yield (events.length + i) / (2 * events.length)
  }
  return { ...book.finish(), touched, laneOf, count: events.length }
}
