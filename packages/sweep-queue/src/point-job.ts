// A point as it lies in the queue.
import { isInputError, type PluginSpec, type RunSpec } from '@dmalab/api'
import { checkRunSpec } from '@dmalab/scenario'
import { idOf } from '@dmalab/sweep'

export interface PointJob {
  readonly build: string
  readonly id: string
  readonly spec: RunSpec
  /** Milliseconds that the point may take. */
  readonly timeLimit: number
  /** MiB of JavaScript objects that its thread may hold. */
  readonly memoryLimit: number
}

/** BullMQ takes a number for an id of its own. */
export const jobIdOf = (id: string): string => `p-${id}`

/** What lies in the queue may have been written by anyone: an error text says what is wrong with it. */
export const checkJob = async (
  data: unknown,
  build: string,
  plugins: readonly PluginSpec[],
): Promise<PointJob | string> => {
  if (typeof data !== 'object' || data === null) return 'the job is no object'
  const job = data as { readonly [Key in keyof PointJob]?: unknown }
  if (job.build !== build) return `the job is for build ${String(job.build)}`
  if (!isLimit(job.timeLimit) || !isLimit(job.memoryLimit)) return 'the job has no limits'
  try {
    const spec = checkRunSpec(job.spec)
    const id = await idOf(spec)
    if (id !== job.id) return `the job is called ${String(job.id)}, and its run is ${id}`
    const own = spec.plugins.map(({ hash }) => plugins.find((plugin) => hash !== null && plugin.hash === hash))
    const here = own.filter((plugin) => plugin !== undefined)
    if (here.length < own.length) return 'the job names a plug-in that this worker was not started with'
    return { build, id, spec: { ...spec, plugins: here }, timeLimit: job.timeLimit, memoryLimit: job.memoryLimit }
  } catch (error) {
    if (!isInputError(error)) throw error
    return `the job holds no run: ${error.message}`
  }
}

/** Is this what checkJob says of a job? */
export const isRefusal = (reason: string): boolean => reason.startsWith('the job ')

const isLimit = (value: unknown): value is number => typeof value === 'number' && value >= 1 && value <= 2 ** 31 - 1
