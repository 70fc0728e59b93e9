// Arguments that the commands of the topic `trace` share.
import { Args } from '@oclif/core'
import { IGNORE_STDIN, OR_STANDARD_INPUT } from '../files.ts'

export const fileArg = Args.string({
  required: true,
  ...IGNORE_STDIN,
  description: `An ftrace text, gzip of it, a trace.dat (needs trace-cmd), ${OR_STANDARD_INPUT}`,
})
