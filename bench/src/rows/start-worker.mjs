// Budget: no more than 0.25 s beyond an empty worker's.
import { fileURLToPath } from 'node:url'
import { processVersion } from '../machines/processes.mjs'

const START = fileURLToPath(new URL('../machines/start-worker.mjs', import.meta.url))

export const row = {
  name: 'start-worker',
  title: 'a process with one worker thread, ready: an empty one, one of a sweep',
  unit: 'start',
  versions: {
    empty: processVersion([START, 'empty']),
    sweep: processVersion([START, 'sweep']),
  },
}
