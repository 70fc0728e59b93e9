// A worker thread of a sweep.
import { workerData } from 'node:worker_threads'
import { openLaboratory, type PluginSources, servePoints } from '@dmalab/lab/node'

export default servePoints(() => openLaboratory(workerData as Pick<PluginSources, 'installed'>))
