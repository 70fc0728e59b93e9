// Budget: no more than 1.2 times a bare command on the same framework, with its manifest.
import { CLI, processVersion } from '../machines/processes.mjs'
import { bareOclif } from '../machines/bare-oclif.mjs'

export const row = {
  name: 'start-version',
  title: 'start of the command line: node alone, a bare oclif command, dmalab --version',
  unit: 'start',
  versions: {
    node: processVersion(['--eval', '0']),
    'bare oclif': processVersion([bareOclif(), '--version']),
    dmalab: processVersion([CLI, '--version']),
  },
}
