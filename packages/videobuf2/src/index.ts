// videobuf2: queue and buffer states.
export { createQueue } from './queue.ts'
export type { QueueHost } from './queue-state.ts'
