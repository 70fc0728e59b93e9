// Points through a queue: any number of workers take them. What was asked for and is lost is asked for again.
import { InputError, type PointResult, type SweepPoint } from '@dmalab/api'
import { type Executor, resultFrom } from '@dmalab/sweep'
import { BUILDS, connect, queueName, type QueueOptions } from './connection.ts'
import { isRefusal, jobIdOf, type PointJob } from './point-job.ts'

export type QueueLimits = Pick<PointJob, 'timeLimit' | 'memoryLimit'>

/** Points that wait or run at once; the others are not made yet. */
const WINDOW = 256
/** How often points are looked at whose end no event has told, milliseconds. */
const LOOK_MS = 1000
/** After so long without a connection the sweep ends; its journal is whole. */
const GIVE_UP_MS = 60_000

/** @throws InputError when the server cannot be reached */
export const queueExecutor = async (options: QueueOptions, limits: QueueLimits): Promise<Executor> => {
  const { build, tell } = options
  const connection = await connect(options)
  const { redis } = connection
  // Loaded once there is a server: a refusal does not wait for it.
  const { Queue, QueueEvents } = await import('bullmq')
  const queue = new Queue(queueName(build), { connection: redis })
  const forEvents = await connect({ ...options, tell: () => undefined })
  const events = new QueueEvents(queueName(build), { connection: forEvents.redis })
  // The connections tell of their own errors.
  queue.on('error', () => undefined)
  events.on('error', () => undefined)
  return {
    run: async (points, done, signal) => {
      await redis.hset(BUILDS, build, Date.now())
      const open = new Map<string, SweepPoint>()
      const askedAgain = new Set<string>()
      let wake = (): void => undefined
      let failure: { readonly error: unknown } | undefined
      const add = async (point: SweepPoint): Promise<void> => {
        const data: PointJob = { build, id: point.id, spec: point.spec, ...limits }
        await queue.add('point', data, { jobId: jobIdOf(point.id), attempts: 1 })
      }
      const ended = (jobId: string, result: PointResult): void => {
        const point = open.get(jobId)
        if (point === undefined) return
        open.delete(jobId)
        try {
          done(point, result)
        } catch (error) {
          failure ??= { error }
        }
        // It is not needed any more; where it stays, its age ends it.
        queue.remove(jobId).catch(() => undefined)
        wake()
      }
      /** A job that was changed in the queue is put there once more, as it was. */
      const failed = async (jobId: string, reason: string): Promise<void> => {
        const point = open.get(jobId)
        if (point === undefined) return
        if (!isRefusal(reason) || askedAgain.has(jobId)) ended(jobId, failureOf(reason))
        else {
          askedAgain.add(jobId)
          await queue.remove(jobId)
          await add(point)
        }
      }
      const onCompleted = ({ jobId, returnvalue }: { jobId: string; returnvalue: unknown }): void =>
        ended(jobId, answerOf(returnvalue))
      const onFailed = ({ jobId, failedReason }: { jobId: string; failedReason: string }): void => {
        failed(jobId, failedReason).catch((error: unknown) => {
          failure ??= { error }
        })
      }
      const look = async (jobId: string, point: SweepPoint): Promise<void> => {
        const job = await queue.getJob(jobId)
        // Redis may have come back without what it held.
        if (job === undefined) {
          if (open.has(jobId)) await add(point)
          return
        }
        const state = await job.getState()
        if (state === 'completed') ended(jobId, answerOf(job.returnvalue))
        else if (state === 'failed') await failed(jobId, job.failedReason)
      }
      events.on('completed', onCompleted)
      events.on('failed', onFailed)
      signal?.addEventListener('abort', () => wake())
      let more = true
      let lastSeen = Date.now()
      let wasServed = true
      try {
        while (more || open.size > 0) {
          signal?.throwIfAborted()
          if (failure !== undefined) throw failure.error
          while (more && open.size < WINDOW && redis.status === 'ready') {
            const { value, done: none } = await points.next()
            if (none === true) more = false
            else {
              open.set(jobIdOf(value.id), value)
              await add(value)
            }
          }
          const before = open.size
          if (before === 0) continue
          await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, LOOK_MS)
            wake = () => {
              clearTimeout(timer)
              resolve()
            }
          })
          if (redis.status !== 'ready') {
            if (Date.now() - lastSeen > GIVE_UP_MS) throw away(open.size)
            continue
          }
          lastSeen = Date.now()
          if (open.size < before) continue
          for (const [jobId, point] of open) await look(jobId, point)
          const isServed = (await queue.getWorkersCount()) > 0
          if (!isServed && wasServed) tell('no worker serves the queue: start some with dmalab worker --queue URL')
          wasServed = isServed
        }
        if (failure !== undefined) throw failure.error
        await redis.hdel(BUILDS, build)
      } finally {
        events.off('completed', onCompleted)
        events.off('failed', onFailed)
      }
    },
    close: async () => {
      await Promise.allSettled([events.close(), queue.close()])
      connection.close()
      forEvents.close()
    },
  }
}

const away = (points: number): InputError =>
  new InputError(
    `the queue has been away for ${GIVE_UP_MS / 1000} s, with ${points} points in it`,
    {},
    'what is in the journal is kept: the same command goes on from there',
  )

const answerOf = (value: unknown): PointResult =>
  resultFrom(value) ?? { kind: 'crashed', why: 'what came back through the queue is no result' }

/** BullMQ's text for a job whose worker went away more often than it may. */
const failureOf = (reason: string): PointResult => ({
  kind: 'crashed',
  why: reason.includes('stalled') ? 'the process that ran it ended' : reason,
})
