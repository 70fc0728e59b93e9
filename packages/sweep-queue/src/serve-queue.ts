// A worker: takes points of its own build out of the queue, runs them, and says what it leaves for others.
import type { PluginSpec, PointResult } from '@dmalab/api'
import { BUILDS, connect, type Connection, queueName, type QueueOptions } from './connection.ts'
import { checkJob, type PointJob } from './point-job.ts'

export interface PointWorker {
  /** Runs a point within its limits; never throws. */
  run(job: PointJob): Promise<PointResult>
  close(): Promise<void>
}

export interface ServeOptions extends QueueOptions {
  readonly worker: PointWorker
  /** The plug-ins that points may name: by their digests, wherever they lie here. */
  readonly plugins: readonly PluginSpec[]
  /** Points that run at once. */
  readonly threads: number
  /** Ends the service once the points that run are done. */
  readonly signal: AbortSignal
  /** Milliseconds without a point, after which the service ends; absent: it goes on. */
  readonly idleLimit?: number
}

/** A worker that is away for so long has lost its points to others, milliseconds. */
const LOCK_MS = 10_000
/** How often points of other builds are looked for, milliseconds. */
const OTHERS_MS = 5000

/** Serves until it is told to end. The number of points that it ran. @throws InputError when the server cannot be reached */
export const serveQueue = async (options: ServeOptions): Promise<number> => {
  const { build, worker, plugins, threads, signal, idleLimit, tell } = options
  const connection = await connect(options)
  const { redis } = connection
  // Loaded once there is a server: a refusal does not wait for it.
  const { UnrecoverableError, Worker } = await import('bullmq')
  let count = 0
  let running = 0
  let lastPoint = Date.now()
  const service = new Worker(
    queueName(build),
    async ({ data }) => {
      const job = await checkJob(data, build, plugins)
      if (typeof job === 'string') {
        tell(`a job was refused: ${job}`)
        throw new UnrecoverableError(job)
      }
      running++
      try {
        return await worker.run(job)
      } finally {
        running--
        count++
        lastPoint = Date.now()
      }
    },
    {
      connection: redis,
      concurrency: threads,
      lockDuration: LOCK_MS,
      stalledInterval: LOCK_MS / 2,
      // Workers end for other reasons, too: a point is to blame when it ends so many.
      maxStalledCount: 5,
      // The sweep takes them as soon as it has read them; one that is gone leaves them for its next start.
      removeOnComplete: { age: 24 * 3600 },
      removeOnFail: { age: 24 * 3600 },
    },
  )
  service.on('error', () => undefined)
  const told = new Map<string, number>()
  try {
    while (!signal.aborted) {
      if (redis.status === 'ready')
        for (const [other, waiting] of await othersIn(redis, build)) {
          if (told.get(other) !== waiting)
            tell(`${waiting} points wait for a worker of build ${other}; this is ${build} (with its plug-ins)`)
          told.set(other, waiting)
        }
      const idle = Date.now() - lastPoint
      // On a slow machine the first point may not have come yet.
      const isIdle = idleLimit !== undefined && running === 0 && idle >= idleLimit
      if (isIdle && (redis.status !== 'ready' || (await waitingIn(redis, build)) === 0)) break
      await pause(Math.min(OTHERS_MS, idleLimit === undefined ? OTHERS_MS : Math.max(50, idleLimit - idle)), signal)
    }
  } finally {
    await service.close()
    await worker.close()
    connection.close()
  }
  return count
}

/** Points that wait for other builds. */
const othersIn = async (redis: Connection['redis'], build: string): Promise<ReadonlyMap<string, number>> => {
  const waiting = new Map<string, number>()
  for (const other of await redis.hkeys(BUILDS)) {
    const count = other === build ? 0 : await waitingIn(redis, other)
    if (count > 0) waiting.set(other, count)
  }
  return waiting
}

const waitingIn = async (redis: Connection['redis'], build: string): Promise<number> => {
  const { Queue } = await import('bullmq')
  const queue = new Queue(queueName(build), { connection: redis })
  queue.on('error', () => undefined)
  const count = await queue.getWaitingCount()
  await queue.close()
  return count
}

const pause = (time: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, time)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
  })
