// Budget: no more than 0.6 s beyond node's own start to the first line.
import { CLI, processVersion } from '../machines/processes.mjs'

const RUN = [CLI, 'run', 'founding', '--kernel', 'arm@4.11+nopage-rfc', '--frames', '1']

export const row = {
  name: 'start-run',
  title: 'a whole process: node alone, the founding use case on one kernel, one frame, and the same to its first line',
  unit: 'start',
  versions: {
    node: processVersion(['--eval', '0']),
    whole: processVersion(RUN),
    'first line': processVersion(RUN, { toFirstLine: true }),
  },
}
