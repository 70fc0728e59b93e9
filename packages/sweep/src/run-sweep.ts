// A sweep from its plan to its report.
import { InputError, type PointResult, type SweepPoint, type SweepReport } from '@dmalab/api'
import type { Executor } from './executor.ts'
import type { SweepPlan } from './plan.ts'

/** Part `index` of `of`, from 1: every `of`-th point. */
export interface Shard {
  readonly index: number
  readonly of: number
}

/** @throws InputError for what is not i/n */
export const parseShard = (text: string): Shard => {
  const [, index, of] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []
  const shard = { index: Number(index), of: Number(of) }
  if (!(shard.index >= 1 && shard.index <= shard.of))
    throw new InputError(`--shard ${text} is not i/n, such as 1/4: the first of four parts`)
  return shard
}

export interface SweepControl {
  readonly executor: Executor
  readonly shard?: Shard
  /** Results that are there already, by the id of their point. */
  readonly known?: ReadonlyMap<string, PointResult>
  /** Told of each point whose result is known. */
  readonly onKnown?: (id: string) => void
  /** Told of each result as it comes. */
  readonly onResult?: (id: string, result: PointResult) => void
  readonly signal?: AbortSignal
}

/**
 * Runs every point that is not known and reports all: the same bytes whatever the executor, and whatever was known.
 * @throws what `onResult` throws, and the reason of `signal` once it is given
 */
export const runSweep = async (plan: SweepPlan, control: SweepControl): Promise<SweepReport> => {
  const { executor, shard, known = new Map<string, PointResult>(), onResult, signal } = control
  const places: Omit<SweepReport['points'][number], 'result'>[] = []
  const results = new Map<string, PointResult>(known)
  /** Two places can mean the same run, such as `6.12` and `arm@6.12`: it is run once. */
  const asked = new Set<string>()
  await executor.run(
    open(plan, shard, (point) => {
      places.push({ id: point.id, at: point.at })
      if (!known.has(point.id)) {
        const isNew = !asked.has(point.id)
        asked.add(point.id)
        return isNew
      }
      control.onKnown?.(point.id)
      return false
    }),
    ({ id }, result) => {
      results.set(id, result)
      onResult?.(id, result)
    },
    signal,
  )
  const points = places.map(({ id, at }) => {
    const result = results.get(id)
    if (result === undefined) throw new Error(`point ${id} came to nothing`)
    return { id, at, result }
  })
  return {
    schema: 1,
    name: plan.name,
    axes: plan.axes,
    points,
    leftOut: plan.leftOut,
    shard: shard === undefined ? null : `${shard.index}/${shard.of}`,
  }
}

/** The points of the part that `isOpen` wants run; it is asked of each one. */
async function* open(
  plan: SweepPlan,
  shard: Shard | undefined,
  isOpen: (point: SweepPoint) => boolean,
): AsyncGenerator<SweepPoint, void> {
  let number = 0
  for await (const point of plan.points()) {
    const mine = shard === undefined || number % shard.of === shard.index - 1
    number++
    if (mine && isOpen(point)) yield point
  }
}
