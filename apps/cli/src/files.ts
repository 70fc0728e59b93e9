// What the user names as a file, `-` for standard input among them. Files are read by @dmalab/api/node, which makes one clear message
// of everything that is not a readable file.
import { InputError } from '@dmalab/api'
import { MOST, openPieces, readStream, readWhole, unreadable } from '@dmalab/api/node'
import { STANDARD_INPUT } from '@dmalab/lab'

/** Ends the description of every argument that takes a file. */
export const OR_STANDARD_INPUT = 'or - for standard input'

/** On every argument that may be `-`: oclif would take piped text for the file's name. */
export const IGNORE_STDIN = { ignoreStdin: true } as const

/** @throws InputError when the file cannot be read, or is too large */
export const readText = async (file: string, most: number = MOST.text): Promise<string> =>
  new TextDecoder().decode((await givenBytes(file, most)) ?? readWhole(file, most))

/** The bytes of standard input for `-`; undefined for a file, which others read. @throws InputError when there are too many */
export const givenBytes = async (file: string, most: number = MOST.data): Promise<Uint8Array | undefined> =>
  file === STANDARD_INPUT ? readStream(process.stdin, file, most) : undefined

const PIECE = 2 ** 16

/** A log, piece by piece: it may be longer than memory. @throws InputError for what is neither a file nor a pipe */
export async function* piecesOf(file: string): AsyncGenerator<Uint8Array> {
  const pieces = file === STANDARD_INPUT ? process.stdin : openPieces(file, PIECE).pieces()
  let isFirst = true
  try {
    for await (const piece of pieces) {
      if (isFirst && piece.every((byte: number) => byte === 0))
        throw new InputError('this is not a log: it begins with zeros', { file })
      isFirst = false
      yield piece
    }
  } catch (error) {
    throw unreadable(error, file)
  }
}

/** Standard input can be read once. @throws InputError when it is named more often */
export const checkNamedOnce = (files: readonly string[]): void => {
  if (files.filter((file) => file === STANDARD_INPUT).length > 1)
    throw new InputError('standard input can be read once', { file: STANDARD_INPUT }, 'give - for one file only')
}
