// The boards that come with dmalab: YAML files of this package, read when asked for.
import { readFileSync, readdirSync } from 'node:fs'
import { InputError, type Machine } from '@dmalab/api'
import { readMachine } from './read-machine.ts'

/** The same folder seen from src/ and from dist/. */
const FOLDER = new URL('../boards/', import.meta.url)
const SUFFIX = '.yaml'

/** Names of the shipped boards, sorted. */
export const shippedBoardNames = (): readonly string[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => file.slice(0, -SUFFIX.length))
    .toSorted()

/** All shipped boards, by name. */
export const shippedBoards = (): readonly Machine[] => shippedBoardNames().map(shippedBoard)

/** @throws InputError for a name that is not shipped, with the names that are */
export function shippedBoard(name: string): Machine {
  return readMachine(shippedBoardText(name), `${name}${SUFFIX}`)
}

/** The YAML of a shipped board, comments and all. @throws InputError as shippedBoard does */
export function shippedBoardText(name: string): string {
  const names = shippedBoardNames()
  if (!names.includes(name))
    throw new InputError(`no board is named ${name}`, {}, `boards: ${names.join(', ')}; or give a .yaml or .dtb file`)
  return readFileSync(new URL(`${name}${SUFFIX}`, FOLDER), 'utf8')
}
