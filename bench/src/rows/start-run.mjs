// Budget: no more than 0.6 s beyond node's own start.
import { CLI, processVersion } from '../machines/processes.mjs'

export const row = {
  name: 'start-run',
  title: 'a whole process: node alone, the founding use case on one kernel, one frame',
  unit: 'start',
  versions: {
    node: processVersion(['--eval', '0']),
    dmalab: processVersion([CLI, 'run', 'founding', '--kernel', 'arm@4.11+nopage-rfc', '--frames', '1']),
  },
}
