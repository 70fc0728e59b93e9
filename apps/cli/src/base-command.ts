// What all commands share: bad input becomes one clear message and exit code 2, with and without --json.
import { isInputError } from '@dmalab/api'
import { Command } from '@oclif/core'

/** Exit codes of DESIGN section 4. */
export const EXIT = { ok: 0, bug: 1, input: 2, found: 3 } as const

export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true

  protected override async catch(error: Error & { exitCode?: number }): Promise<unknown> {
    if (!isInputError(error)) return super.catch(error)
    process.exitCode = EXIT.input
    const { message, place, hint } = error
    if (this.jsonEnabled()) this.logJson({ error: { message, ...place, ...(hint === undefined ? {} : { hint }) } })
    else {
      this.logToStderr(`error: ${message}`)
      if (hint !== undefined) this.logToStderr(`hint: ${hint}`)
    }
    return undefined
  }
}
