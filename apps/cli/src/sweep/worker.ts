// A worker thread of a sweep.
import { workerData } from 'node:worker_threads'
import { openLaboratory, type PluginSources, servePoints } from '@dmalab/lab/node'

export interface SweepWorkerData extends Pick<PluginSources, 'installed'> {
  /** MiB that a machine may hold. */
  readonly memoryLimit: number
}

const { memoryLimit, ...sources } = workerData as SweepWorkerData

export default servePoints(() => openLaboratory(sources), memoryLimit)
