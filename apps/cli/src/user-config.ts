// What a user has set once: dmalab.yaml in this folder or one above it, then config.yaml in the folder of configurations.
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { MOST, readWhole } from '@dmalab/api/node'
import { readConfig, type UserConfig } from '@dmalab/lab'
import { isThere } from './paths.ts'

const NAME = 'dmalab.yaml'
const HOME_NAME = 'config.yaml'

/** Each with the file that says it, for messages. */
export interface UserSettings {
  readonly board?: string
  readonly kernel?: string
  readonly memory?: readonly string[]
  /** Files that were read, nearest first. */
  readonly files: readonly string[]
}

/**
 * What is set for work in `folder`; the nearer file wins, setting by setting. Paths of boards are relative to their file.
 * @throws InputError for a file that is no configuration
 */
export const userSettings = (folder: string, configDir: string): UserSettings => {
  const home = join(configDir, HOME_NAME)
  const found = [...nearest(folder), ...(isThere(home) ? [home] : [])]
  const none: UserSettings = { files: found.map((file) => relative(folder, file)) }
  return found.reduceRight((far, file) => ({ ...far, ...read(file, folder) }), none)
}

/** The file in this folder, or in the next one above it that has one. */
const nearest = (folder: string): readonly string[] => {
  const file = join(folder, NAME)
  if (isThere(file)) return [file]
  return dirname(folder) === folder ? [] : nearest(dirname(folder))
}

const read = (file: string, folder: string): Omit<UserSettings, 'files'> => {
  const { board, memory, ...rest } = readConfig(new TextDecoder().decode(readWhole(file, MOST.text)), file)
  return {
    ...rest,
    ...(board === undefined ? {} : { board: boardBeside(board, file, folder) }),
    ...(memory === undefined ? {} : { memory: banks(memory) }),
  }
}

const banks = (memory: NonNullable<UserConfig['memory']>): readonly string[] =>
  typeof memory === 'string' ? [memory] : memory

/** A name stays a name; a path is one from here. */
const boardBeside = (board: string, file: string, folder: string): string => {
  if (!/[/\\]|\.(?:ya?ml|dtb|dts|itb)$/.test(board) || isAbsolute(board)) return board
  return relative(folder, resolve(dirname(file), board))
}
