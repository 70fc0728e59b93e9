// A command that is not there: one line, what was probably meant, exit code 2; as JSON for those who ask for it.
import { slipsBetween } from '@dmalab/api'
import { type Hook, ux } from '@oclif/core'
import { asksForJson, errorJson, EXIT } from '../bad-input.ts'

const LONGEST = 60

const unknownCommand: Hook.CommandNotFound = async function ({ id, argv = [], config }) {
  const words = id.split(':')
  tellUnknown(words, [...words, ...argv], config)
  this.exit(EXIT.input)
}

/** Says of `words` that they are no command; everything that was typed tells whether JSON was asked for. */
export const tellUnknown = (words: readonly string[], typed: readonly string[], config: Commands): void => {
  const meant = likelyCommand(words, config)
  const hint = meant === undefined ? `${config.bin} --help lists all commands` : `did you mean: ${config.bin} ${meant}`
  const named = words.filter((word) => !word.startsWith('-'))
  const said = named.length === 0 ? 'give a command' : `there is no command ${named.join(' ')}`
  // Loads nothing for it: control characters shown, not sent.
  const message = said.replaceAll(/\p{Cc}/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
  if (asksForJson(typed)) ux.stdout(JSON.stringify(errorJson({ message, place: {}, hint }), null, 2))
  else process.stderr.write(`error: ${message}\nhint: ${hint}\n`)
}

interface Commands {
  readonly bin: string
  readonly commands: readonly { readonly id: string; readonly hidden: boolean }[]
  readonly topics: readonly { readonly name: string }[]
}

/** The command that the first words are nearest to; what follows them are its arguments. */
const likelyCommand = (words: readonly string[], { commands, topics }: Commands): string | undefined =>
  [...commands.filter(({ hidden }) => !hidden).map(({ id }) => id), ...topics.map(({ name }) => name)]
    .map((id) => {
      const parts = id.split(/[: ]/)
      const [name, given] = [parts.join(' '), words.slice(0, parts.length).join(' ')]
      // What is longer than any command is none of them misspelt.
      const far = given.length > LONGEST ? Infinity : slipsBetween(name, given)
      return { parts, far: far > name.length / 2 + 0.5 ? Infinity : far }
    })
    .toSorted((a, b) => a.far - b.far || b.parts.length - a.parts.length)
    // A topic that is a command itself, such as plugins, is no answer to what was meant below it.
    .find(({ far }) => far > 0 && far <= SLIP)
    ?.parts.join(' ')

const SLIP = 3

export default unknownCommand
