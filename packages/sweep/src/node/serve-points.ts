// What a worker thread does: points in, results out.
import type { PointResult, RunSpec } from '@dmalab/api'
import type { RunParts } from '@dmalab/runner'
import { runPoint } from '../run-point.ts'

/** The handler that a worker's file exports: opens the laboratory once. */
export const servePoints = (open: () => Promise<RunParts>): ((specs: readonly RunSpec[]) => Promise<PointResult[]>) => {
  let parts: Promise<RunParts> | undefined
  return async (specs) => {
    parts ??= open()
    const results: PointResult[] = []
    for (const spec of specs) results.push(await runPoint(await parts, spec))
    return results
  }
}
