// What a worker thread does: points in, results out.
import type { PointResult, RunSpec } from '@dmalab/api'
import { capMachines } from '@dmalab/hot'
import type { RunParts } from '@dmalab/runner'
import { runPoint } from '../run-point.ts'

/** The handler that a worker's file exports: opens the laboratory once. A machine may hold `memoryLimit` MiB. */
export const servePoints = (
  open: () => Promise<RunParts>,
  memoryLimit: number,
): ((specs: readonly RunSpec[]) => Promise<PointResult[]>) => {
  let parts: Promise<RunParts> | undefined
  return async (specs) => {
    parts ??= open().then((opened) => {
      capMachines(opened.module, memoryLimit * 2 ** 20)
      return opened
    })
    const results: PointResult[] = []
    for (const spec of specs) results.push(await runPoint(await parts, spec))
    return results
  }
}
