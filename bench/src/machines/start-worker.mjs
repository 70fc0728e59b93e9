// Starts one worker thread and ends when it is ready: for a sweep's, when its laboratory is open and a call has come back.
import { Worker } from 'node:worker_threads'

const SWEEP = new URL('../../../apps/cli/build/sweep/worker.js', import.meta.url)
const READY = `const { parentPort } = require('node:worker_threads')`

const source =
  process.argv[2] === 'sweep'
    ? `${READY}; import(${JSON.stringify(SWEEP.href)}).then(({ default: serve }) => serve([])).then(() => parentPort.postMessage('ready'))`
    : `${READY}; parentPort.postMessage('ready')`
const worker = new Worker(source, { eval: true, workerData: { memoryLimit: 1024, installed: [] } })
worker.once('message', () => worker.terminate())
worker.once('error', (error) => {
  throw error
})
