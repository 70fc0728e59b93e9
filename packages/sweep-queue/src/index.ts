// Sweeps over a queue on Redis: whoever asks, and workers on this and other computers.
export { type QueueMessage, type QueueOptions } from './connection.ts'
export { queueExecutor, type QueueLimits } from './queue-executor.ts'
export { type PointWorker, serveQueue, type ServeOptions } from './serve-queue.ts'
