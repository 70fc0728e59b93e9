// What the user names as a file, `-` for standard input among them: read with one clear message when that fails.
import { readFileSync } from 'node:fs'
import { InputError } from '@dmalab/api'
import { STANDARD_INPUT } from '@dmalab/lab'

/** Ends the description of every argument that takes a file. */
export const OR_STANDARD_INPUT = 'or - for standard input'

/** On every argument that may be `-`: oclif would take piped text for the file's name. */
export const IGNORE_STDIN = { ignoreStdin: true } as const

/** @throws InputError when the file cannot be read */
export const readText = async (file: string): Promise<string> => {
  const given = await givenBytes(file)
  if (given !== undefined) return new TextDecoder().decode(given)
  try {
    return readFileSync(file, 'utf8')
  } catch (e) {
    const reason = e instanceof Error && 'code' in e && e.code === 'ENOENT' ? 'there is no such file' : 'cannot be read'
    throw new InputError(reason, { file })
  }
}

/** The bytes of standard input for `-`; undefined for a file, which others read. */
export const givenBytes = async (file: string): Promise<Uint8Array | undefined> => {
  if (file !== STANDARD_INPUT) return undefined
  const chunks: Uint8Array[] = []
  for await (const chunk of process.stdin) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
  return Buffer.concat(chunks)
}

/** Standard input can be read once. @throws InputError when it is named more often */
export const checkNamedOnce = (files: readonly string[]): void => {
  if (files.filter((file) => file === STANDARD_INPUT).length > 1)
    throw new InputError('standard input can be read once', { file: STANDARD_INPUT }, 'give - for one file only')
}
