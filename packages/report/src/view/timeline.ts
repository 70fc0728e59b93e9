// Events as a time line: who had which buffer when. Runs of the model and logs of kernels take the same way.
import type { Event } from '@dmalab/api'
import { BufferBook } from './buffer-book.ts'
import type { Timeline } from './timeline-data.ts'

export const timelineOf = (events: readonly Event[]): Timeline => {
  const first = new BufferBook()
  for (const event of events) first.onEvent(event)
  // Queues name their buffers when devices get at them; what a buffer is called is known from then on, and was so before.
  const book = new BufferBook(first.names)
  const touched = new Int32Array(events.length).fill(-1)
  const laneOf = new Int32Array(events.length)
  for (const [i, event] of events.entries()) {
    const seen = book.onEvent(event)
    touched[i] = seen.buffer ?? -1
    laneOf[i] = seen.lane
  }
  return { ...book.finish(), touched, laneOf, count: events.length }
}
