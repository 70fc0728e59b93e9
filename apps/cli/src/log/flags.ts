// Arguments that the commands of the topic `trace` share.
import { Args } from '@oclif/core'

export const fileArg = Args.string({
  required: true,
  // oclif would take piped text for the file's name.
  ignoreStdin: true,
  description: 'An ftrace text, gzip of it, a trace.dat (needs trace-cmd), or - for standard input',
})
