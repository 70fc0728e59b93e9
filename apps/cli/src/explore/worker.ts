// A worker thread that searches configurations, one at a time, as it gets their numbers.
import { parentPort, workerData } from 'node:worker_threads'
import { exploreRequest, type ExploreWork, openSearcher, planExploration } from '@dmalab/lab'
import { openLaboratory, type PluginSources } from '@dmalab/lab/node'

export interface WorkerTask {
  readonly work: ExploreWork
  readonly plugins: Pick<PluginSources, 'given' | 'installed'>
}

const { work, plugins } = workerData as WorkerTask
const parts = await openLaboratory(plugins)
const search = openSearcher(parts, planExploration(parts, exploreRequest(work)))
parentPort?.on('message', (number: number) => {
  parentPort?.postMessage({ number, searched: search(number) })
})
parentPort?.postMessage('ready')
