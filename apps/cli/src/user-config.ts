// What a user has set once: dmalab.yaml in this folder or one above it, then config.yaml in the folder of configurations.
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { MOST, readWhole } from '@dmalab/api/node'
import { type Placed, readConfig, type UserConfig } from '@dmalab/lab'
import { isThere } from './paths.ts'

const NAME = 'dmalab.yaml'
const HOME_NAME = 'config.yaml'

/**
 * What is set for work in `folder`; the nearer file wins, setting by setting. A board's path is one from `folder`.
 * @throws InputError for a file that is no configuration
 */
export const userSettings = (folder: string, configDir: string): UserConfig => {
  const home = join(configDir, HOME_NAME)
  const found = [...nearest(folder), ...(isThere(home) ? [home] : [])]
  return found.reduceRight<UserConfig>((far, file) => ({ ...far, ...read(file, folder) }), {})
}

/** The file in this folder, or in the next one above it that has one. */
const nearest = (folder: string): readonly string[] => {
  const file = join(folder, NAME)
  if (isThere(file)) return [file]
  return dirname(folder) === folder ? [] : nearest(dirname(folder))
}

const read = (file: string, folder: string): UserConfig => {
  const { board, ...rest } = readConfig(new TextDecoder().decode(readWhole(file, MOST.text)), relative(folder, file))
  return { ...rest, ...(board === undefined ? {} : { board: boardBeside(board, file, folder) }) }
}

/** A name stays a name; a path is one from here. */
const boardBeside = ({ value, place }: Placed<string>, file: string, folder: string): Placed<string> => {
  if (!/[/\\]|\.(?:ya?ml|dtb|dts|itb)$/.test(value) || isAbsolute(value)) return { value, place }
  const path = relative(folder, resolve(dirname(file), value))
  return { value: /[/\\.]/.test(path) ? path : `./${path}`, place }
}
