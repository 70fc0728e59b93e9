// Runs and comparisons with the built-in plug-ins, for programs.
import type { RunReport } from '@dmalab/api'
import { type RunControl, type RunParts, runSpec, withPlugins } from '@dmalab/runner'
import { type KernelChoice, type RunRequest, specOf } from './request.ts'

export interface LabControl extends RunControl {
  /** An opened laboratory; absent, one is opened for this call. */
  readonly laboratory?: RunParts
}

type Run = (request?: RunRequest, control?: LabControl) => Promise<RunReport>

/** `run` and `compare` on what `open` opens. */
export const runsWith = (open: () => Promise<RunParts>): { readonly run: Run; readonly compare: Run } => {
  const as =
    (choice: KernelChoice): Run =>
    async (request = {}, control = {}) => {
      const parts = control.laboratory ?? (await open())
      const { registry } = await withPlugins(parts, request.plugins ?? [])
      return runSpec(parts, specOf(registry, request, choice), control)
    }
  return { run: as('run'), compare: as('compare') }
}
