// videobuf2: queue and buffer states.
export { createQueue } from './queue.ts'
export type { KernelBytes, QueueHost } from './queue-state.ts'
