// videobuf2: queue and buffer states, and open files of video nodes.
export { openM2mFile } from './m2m-file.ts'
export { createQueue } from './queue.ts'
export type { KernelBytes, QueueHost } from './queue-state.ts'
export { openVideoFile, type VideoFile } from './video-file.ts'
