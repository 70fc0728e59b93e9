// Several logs in one call: a bad one gets a message of its own, and the others are done all the same.
import { isInputError } from '@dmalab/api'
import { EXIT } from '../base-command.ts'
import { checkNamedOnce } from '../files.ts'

/**
 * What `work` gives for each file that could be read; `onBad` hears of the others, which set the exit code.
 * @throws InputError for a single bad file
 */
export const eachLog = async <T>(
  files: readonly string[],
  work: (file: string) => Promise<T>,
  onBad: (message: string) => void,
): Promise<T[]> => {
  checkNamedOnce(files)
  const done: T[] = []
  for (const file of files)
    try {
      done.push(await work(file))
    } catch (error) {
      if (!isInputError(error) || files.length === 1) throw error
      onBad(`error: ${error.message}`)
      process.exitCode = EXIT.input
    }
  return done
}
