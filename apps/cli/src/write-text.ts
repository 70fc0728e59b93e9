// Writes what the user asked for: the one place of commands where files and folders are made.
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { InputError } from '@dmalab/api'

/** @throws InputError when the file cannot be written */
export const writeText = (file: string, text: string): void => {
  told(file, () => {
    writeFileSync(file, text)
  })
}

/** As writeText, and makes the folder that the file is to be in. @throws InputError when one of them cannot be written */
export const writeInFolder = (file: string, text: string): void => {
  told(file, () => {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  })
}

/** @throws InputError when the file cannot be written */
export const appendText = (file: string, text: string): void => {
  told(file, () => {
    appendFileSync(file, text)
  })
}

const told = (file: string, work: () => void): void => {
  try {
    work()
  } catch (error) {
    throw new InputError(`cannot be written: ${error instanceof Error ? error.message : String(error)}`, { file })
  }
}
