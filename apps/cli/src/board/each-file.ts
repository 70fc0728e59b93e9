// Many files in one call: each bad one gets a message of its own, and the others are done all the same.
import { InputError, isInputError } from '@dmalab/api'
import { archOfDtb, type DebianArch } from '@dmalab/lab'
import { readDeviceTree, type TreeInput } from '@dmalab/lab/node'
import type { Defaults } from '../defaults.ts'
import { checkNamedOnce, givenBytes } from '../files.ts'

export type FileOutcome<T> =
  | { readonly file: string; readonly value: T }
  | { readonly file: string; readonly error: InputError }

/**
 * `work` gets the bytes of standard input where that is the file. A single bad file is thrown, as any other bad input is.
 * @throws InputError
 */
export async function eachFile<T>(
  files: readonly string[],
  work: (file: string, given: Uint8Array | undefined) => T,
): Promise<FileOutcome<T>[]> {
  checkNamedOnce(files)
  const outcomes: FileOutcome<T>[] = []
  for (const file of files)
    try {
      outcomes.push({ file, value: work(file, await givenBytes(file)) })
    } catch (error) {
      if (!isInputError(error) || files.length === 1) throw error
      outcomes.push({ file, error })
    }
  return outcomes
}

/** What was given, or else the board of the user's configuration. @throws InputError where there is neither */
export const filesOr = (files: readonly string[], defaults: Defaults): readonly string[] => {
  const board = files.length > 0 ? undefined : defaults.board()
  if (files.length === 0 && board === undefined)
    throw new InputError('give files, or set a board in dmalab.yaml (docs/command-line.md)')
  return board === undefined ? files : [board]
}

/** What `--json` prints: the value itself for one file, an array in the order given for several. */
export function jsonOf<T>(outcomes: readonly FileOutcome<T>[]): unknown {
  const entries = outcomes.map((outcome) =>
    'value' in outcome
      ? outcome.value
      : { file: outcome.file, error: { message: outcome.error.message, ...outcome.error.place } },
  )
  return entries.length === 1 ? entries[0] : entries
}

export const badOnes = (outcomes: readonly FileOutcome<unknown>[]): InputError[] =>
  outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error] : []))

/** A blob and the architecture to read it under. @throws InputError */
export function deviceTree(
  reference: string,
  arch: DebianArch | undefined,
  input: TreeInput,
): { blob: Uint8Array; file: string; arch: DebianArch } {
  const { content, file } = readDeviceTree(reference, input)
  return { blob: content, file, arch: arch ?? archOfDtb(content, file) }
}
