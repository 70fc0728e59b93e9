// Where points run: here, on threads, or on other computers. What a point comes to does not depend on it.
import type { PointResult, SweepPoint } from '@dmalab/api'
import type { RunParts } from '@dmalab/runner'
import { runPoint } from './run-point.ts'

/** Points as they are asked for: whoever runs them holds few at a time. */
export type PointSource = AsyncIterator<SweepPoint>

export interface Executor {
  /**
   * Runs all points and hands each result on, in any order.
   * @throws what `done` throws, and the reason of `signal` once it is given
   */
  run(points: PointSource, done: (point: SweepPoint, result: PointResult) => void, signal?: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** One after the other, in this thread: a point that hangs or ends the process does so to all. */
export const inlineExecutor = (parts: RunParts): Executor => ({
  run: async (points, done, signal) => {
    for (;;) {
      signal?.throwIfAborted()
      const { value, done: none } = await points.next()
      if (none === true) return
      done(value, await runPoint(parts, value.spec))
    }
  },
  close: () => Promise.resolve(),
})

/** One point on an executor. */
export const runOn = async (executor: Executor, point: SweepPoint): Promise<PointResult> => {
  let result: PointResult | undefined
  const points = [point].values()
  await executor.run({ next: () => Promise.resolve(points.next()) }, (_point, got) => {
    result = got
  })
  if (result === undefined) throw new Error('an executor must give a result for each point')
  return result
}
