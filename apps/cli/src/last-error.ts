// Errors of oclif's own commands (help, plugins) for those who asked for JSON: everything else answers them itself.
import { asksForJson, errorJson, EXIT } from './bad-input.ts'

/** The JSON that answers an error of wrong usage, and the exit code; undefined where JSON was not asked for, and for bugs. */
export const jsonOfLastError = (
  error: unknown,
  argv: readonly string[],
): { readonly json: object; readonly exit: number } | undefined => {
  if (!asksForJson(argv) || !(error instanceof Error) || !('oclif' in error)) return undefined
  const message = error.message.split('\n').filter((line) => line !== '' && !line.startsWith('See more help'))
  if (message.length === 0 || error.message.startsWith('EEXIT')) return undefined
  return { json: errorJson({ message: message.join(' '), place: {}, hint: undefined }), exit: EXIT.input }
}
