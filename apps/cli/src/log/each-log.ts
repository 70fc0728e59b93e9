// Several logs in one call: a bad one gets a message of its own, and the others are done all the same.
import { isInputError, type InputError } from '@dmalab/api'
import { checkNamedOnce } from '../files.ts'

export type LogResult<T> =
  | { readonly file: string; readonly value: T }
  | { readonly file: string; readonly error: InputError }

/** What `work` gives for each file, or why there is nothing. @throws InputError when standard input is named twice */
export const eachLog = async <T>(
  files: readonly string[],
  work: (file: string) => Promise<T>,
): Promise<readonly LogResult<T>[]> => {
  checkNamedOnce(files)
  const done: LogResult<T>[] = []
  for (const file of files)
    try {
      done.push({ file, value: await work(file) })
    } catch (error) {
      if (!isInputError(error)) throw error
      done.push({ file, error })
    }
  return done
}
