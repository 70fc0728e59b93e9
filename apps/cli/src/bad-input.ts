// What bad input comes to on the command line: the exit code, and the error as `--json` prints it. Loads nothing: an unknown command
// and a bad flag are answered at once.
import type { InputError } from '@dmalab/api'

/** Exit codes of DESIGN section 4. */
export const EXIT = { ok: 0, bug: 1, input: 2, found: 3 } as const

/** Bad input as `--json` prints it. */
export const errorJson = ({ message, place, hint }: Pick<InputError, 'message' | 'place' | 'hint'>): object => ({
  error: { message, ...place, ...(hint === undefined ? {} : { hint }) },
})

/** oclif could not read its own flags when it asks for the format. */
export const asksForJson = (argv: readonly string[]): boolean =>
  argv.slice(0, argv.includes('--') ? argv.indexOf('--') : argv.length).includes('--json')
