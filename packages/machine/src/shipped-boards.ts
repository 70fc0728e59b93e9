// The boards that come with dmalab: YAML of boards/, which the build makes part of the code.
import { InputError, likeliest, type Machine } from '@dmalab/api'
import { BOARDS } from './generated/boards.ts'
import { readMachine } from './read-machine.ts'

/** Names of the shipped boards, sorted. */
export const shippedBoardNames = (): readonly string[] => Object.keys(BOARDS)

/** All shipped boards, by name. */
export const shippedBoards = (): readonly Machine[] => shippedBoardNames().map(shippedBoard)

/** @throws InputError for a name that is not shipped, with the names that are */
export function shippedBoard(name: string): Machine {
  return readMachine(shippedBoardText(name), `${name}.yaml`)
}

/** The YAML of a shipped board, comments and all. @throws InputError as shippedBoard does */
export function shippedBoardText(name: string): string {
  const text = Object.hasOwn(BOARDS, name) ? BOARDS[name] : undefined
  if (text !== undefined) return text
  const names = shippedBoardNames()
  const known = `boards: ${names.join(', ')}; or give a .yaml or .dtb file`
  const near = likeliest(name, names) ?? titled(name)
  throw new InputError(`no board is named ${name}`, {}, near === undefined ? known : `${near} ${known}`)
}

/** Boards whose title has the word, `raspberry`. */
const titled = (word: string): string | undefined => {
  const found = Object.entries(BOARDS).flatMap(([name, text]) => {
    const title = /^title: (.*)$/m.exec(text)?.[1] ?? ''
    return word.length > 2 && title.toLowerCase().includes(word.toLowerCase()) ? [name] : []
  })
  return found.length === 0 ? undefined : `did you mean ${found.join(' or ')}?`
}
