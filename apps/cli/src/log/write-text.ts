// Writes a text the user asked for.
import { writeFileSync } from 'node:fs'
import { InputError } from '@dmalab/api'

/** @throws InputError when the file cannot be written */
export const writeText = (file: string, text: string): void => {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new InputError(`cannot be written: ${error instanceof Error ? error.message : String(error)}`, { file })
  }
}
