// A user's program with types: a plug-in, and a run of it.
import type { PluginFactory, RunReport } from '@dmalab/api'
import { run, type RunRequest } from 'dmalab'

export const plugin: PluginFactory = (api) => ({ name: `mine-${api.version}`, patches: [] })

const request: RunRequest = { kernels: ['arm64@6.12'], frames: 1 }
export const verdict = async (): Promise<string> => {
  const report: RunReport = await run(request)
  return report.runs[0]?.verdict ?? 'none'
}
