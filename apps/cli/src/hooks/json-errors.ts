// Errors of oclif's own commands as JSON: it would print everything that it knows of itself.
import type { Hook } from '@oclif/core'
import { errorJson, EXIT } from '../bad-input.ts'

const jsonErrors: Hook.Prerun = async function ({ Command }) {
  if (!Command.id.startsWith('plugins')) return
  const { prototype } = Command as unknown as { readonly prototype: { toErrorJson: (error: unknown) => unknown } }
  prototype.toErrorJson = (error) => {
    if (error instanceof Error && 'parse' in error) process.exitCode = EXIT.input
    const [message = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    return errorJson({ message, place: {}, hint: undefined })
  }
}

export default jsonErrors
