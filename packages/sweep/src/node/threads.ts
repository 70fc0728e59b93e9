// Points on worker threads. A thread that ends, hangs or runs out of memory costs the point that did it, and no other.
import type { PointResult, RunSpec, SweepPoint } from '@dmalab/api'
import type { Executor, PointSource } from '../executor.ts'

export interface ThreadOptions {
  /** The module that a thread loads: its default export is made by servePoints. */
  readonly file: string
  /** What the module finds in `workerData` of node:worker_threads. */
  readonly data?: unknown
  readonly threads: number
  /** Milliseconds that a point may take. */
  readonly timeLimit: number
  /** MiB of JavaScript objects that a thread may hold; a machine may hold as much again. */
  readonly memoryLimit: number
}

/** Milliseconds that the points which a thread gets at once should take: handing them over costs a tenth of one. */
const CHUNK_TIME = 50
/** Few: what comes next may take a hundred times as long, and the last chunk keeps one thread only. */
const MOST_AT_ONCE = 8

/** The pool is loaded by those who want one. */
export const threadExecutor = async (options: ThreadOptions): Promise<Executor> => {
  const { file, data, threads, timeLimit, memoryLimit } = options
  const { Piscina } = await import('piscina')
  const pool = new Piscina({
    filename: file,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: 1000,
    workerData: data,
    resourceLimits: { maxOldGenerationSizeMb: memoryLimit },
  })
  const chunk = async (specs: readonly RunSpec[]): Promise<PointResult[] | Failure> => {
    const limit = new AbortController()
    const timer = setTimeout(() => limit.abort(), timeLimit)
    try {
      return (await pool.run(specs, { signal: limit.signal })) as PointResult[]
    } catch (error) {
      return limit.signal.aborted ? 'time-limit' : isOutOfMemory(error) ? 'memory-limit' : 'crashed'
    } finally {
      clearTimeout(timer)
    }
  }
  const why: Readonly<Record<Failure, string>> = {
    'time-limit': `it took longer than ${timeLimit / 1000} s`,
    'memory-limit': `it took more than ${memoryLimit} MiB`,
    crashed: 'its thread ended',
  }
  const each = async (points: readonly SweepPoint[], done: Done): Promise<void> => {
    const results = await chunk(points.map(({ spec }) => spec))
    if (typeof results !== 'string')
      for (const [i, point] of points.entries()) done(point, results[i] ?? { kind: 'crashed', why: why.crashed })
    else if (points.length > 1) for (const point of points) await each([point], done)
    else for (const point of points) done(point, { kind: results, why: why[results] })
  }
  return {
    run: async (source, done, signal) => {
      const halt = new AbortController()
      const over = (): boolean => halt.signal.aborted || signal?.aborted === true
      const take = taker(source)
      // As many as there are threads: a chunk begins to run, and its time to count, when it is handed over.
      const lane = async (): Promise<void> => {
        for (let size = 1; ;) {
          const points = over() ? [] : await take(size)
          if (points.length === 0) return
          const start = performance.now()
          await each(points, done)
          const time = performance.now() - start
          if (time < CHUNK_TIME / 2) size = Math.min(size * 2, MOST_AT_ONCE)
          else if (time > CHUNK_TIME * 2) size = Math.max(1, Math.floor(size / 2))
        }
      }
      const lanes = Array.from({ length: threads }, () =>
        lane().catch((error: unknown) => {
          halt.abort()
          throw error
        }),
      )
      const stopped = new Promise<void>((resolve) => {
        signal?.addEventListener('abort', () => resolve(), { once: true })
        halt.signal.addEventListener('abort', () => resolve(), { once: true })
      })
      await Promise.race([Promise.all(lanes), stopped])
      if (signal?.aborted === true) {
        for (const one of lanes) one.catch(() => undefined)
        signal.throwIfAborted()
      }
      await Promise.all(lanes)
    },
    close: () => pool.destroy(),
  }
}

type Failure = 'time-limit' | 'memory-limit' | 'crashed'
type Done = (point: SweepPoint, result: PointResult) => void

const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'

/** Takes points for one of several that ask at once. */
const taker = (source: PointSource): ((most: number) => Promise<readonly SweepPoint[]>) => {
  let last: Promise<unknown> = Promise.resolve()
  const after = async (before: Promise<unknown>, most: number): Promise<readonly SweepPoint[]> => {
    // Whoever asked before learns himself what went wrong.
    await before.catch(() => undefined)
    const points: SweepPoint[] = []
    while (points.length < most) {
      const { value, done } = await source.next()
      if (done === true) break
      points.push(value)
    }
    return points
  }
  return (most) => {
    const mine = after(last, most)
    last = mine
    return mine
  }
}
