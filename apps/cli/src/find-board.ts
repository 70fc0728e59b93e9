// A board by name, or from a file.
import { existsSync, readFileSync } from 'node:fs'
import { InputError, type Machine } from '@dmalab/api'
import { readMachine } from '@dmalab/machine'
import type { Registry } from '@dmalab/runner'

/** @throws InputError for a board that is neither known nor a readable file */
export const findBoard = (registry: Registry, nameOrFile: string): Machine => {
  if (registry.boards.has(nameOrFile)) return registry.boards.get(nameOrFile)
  if (/\.ya?ml$/.test(nameOrFile) || existsSync(nameOrFile)) return readMachine(readText(nameOrFile), nameOrFile)
  return registry.boards.get(nameOrFile)
}

/** @throws InputError when the file cannot be read */
export const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (e) {
    const reason = e instanceof Error && 'code' in e && e.code === 'ENOENT' ? 'there is no such file' : 'cannot be read'
    throw new InputError(reason, { file })
  }
}
