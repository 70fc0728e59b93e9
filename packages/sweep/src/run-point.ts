// One point, run here.
import { isInputError, type KernelRun, type PointResult, type PointRun, type RunSpec } from '@dmalab/api'
import { isMachineFull } from '@dmalab/hot'
import { type RunParts, runSpec } from '@dmalab/runner'

/** Never throws: what goes wrong is the result of the point. */
export const runPoint = async (parts: RunParts, spec: RunSpec): Promise<PointResult> => {
  try {
    const { runs } = await runSpec(parts, spec)
    const [run] = runs
    if (run === undefined) throw new Error('a point has one kernel')
    return pointOf(run)
  } catch (error) {
    if (isMachineFull(error)) return { kind: 'memory-limit', why: String(error).replace('InputError: ', '') }
    if (isInputError(error)) return { kind: 'not-possible', why: error.message }
    return { kind: 'crashed', why: error instanceof Error ? error.message : String(error) }
  }
}

const pointOf = (run: KernelRun): PointRun => {
  const { verdict, assuming, step, errno, why, frames, zeroCopy, cache, expectations } = run
  return {
    kind: 'ran',
    verdict,
    assuming,
    step,
    errno,
    why: run.oops === null ? why : `${run.oops.reason}, in ${run.oops.function}`,
    frames,
    zeroCopy,
    cpuBytesPerFrame: run.elements.reduce((sum, element) => sum + element.cpuBytesPerFrame, 0),
    cacheLines: cache.lines,
    findings: findingsOf(run),
    met: expectations === undefined || expectations.length === 0 ? null : expectations.every(({ met }) => met),
  }
}

const GRAVITY = { error: 0, warning: 1, info: 2 } as const

const findingsOf = ({ findings }: KernelRun): PointRun['findings'] => {
  const counts = new Map<string, PointRun['findings'][number]>()
  for (const { code, severity } of findings)
    counts.set(code, { code, severity, count: (counts.get(code)?.count ?? 0) + 1 })
  return [...counts.values()].toSorted(
    (a, b) => GRAVITY[a.severity] - GRAVITY[b.severity] || (a.code < b.code ? -1 : 1),
  )
}
