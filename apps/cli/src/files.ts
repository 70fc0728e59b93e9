// Files that the user names: read with one clear message when that fails.
import { readFileSync } from 'node:fs'
import { InputError } from '@dmalab/api'

/** @throws InputError when the file cannot be read */
export const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (e) {
    const reason = e instanceof Error && 'code' in e && e.code === 'ENOENT' ? 'there is no such file' : 'cannot be read'
    throw new InputError(reason, { file })
  }
}
