// A command that is not there: one line, what was probably meant, exit code 2; as JSON for those who ask for it.
import { type Hook, ux } from '@oclif/core'
import { asksForJson, errorJson, EXIT } from '../bad-input.ts'

const LONGEST = 40

const unknownCommand: Hook.CommandNotFound = async function ({ id, argv = [], config }) {
  const words = id.split(':')
  // What is longer than any command is none of them misspelt.
  const known = id.length > LONGEST ? [] : config.commands.filter(({ hidden }) => !hidden).map((command) => command.id)
  const near = known
    .map((one) => ({ one, far: distance(one, id) }))
    .toSorted((a, b) => a.far - b.far)
    .filter(({ far }) => far <= 3)
  const hint =
    near[0] === undefined
      ? `${config.bin} --help lists all commands`
      : `did you mean: ${config.bin} ${near[0].one.replaceAll(':', ' ')}`
  const named = words.filter((word) => !word.startsWith('-'))
  const said = named.length === 0 ? 'give a command' : `there is no command ${named.join(' ')}`
  // Loads nothing for it: control characters shown, not sent.
  const message = said.replaceAll(/\p{Cc}/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
  if (asksForJson([...words, ...argv])) ux.stdout(JSON.stringify(errorJson({ message, place: {}, hint }), null, 2))
  else process.stderr.write(`error: ${message}\nhint: ${hint}\n`)
  this.exit(EXIT.input)
}

/** Letters to add, drop or change. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (const [i, letter] of a.split('').entries()) {
    const next = [i + 1]
    for (const [j, other] of b.split('').entries())
      next.push(Math.min((row[j] ?? 0) + (letter === other ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    row = next
  }
  return row.at(-1) ?? 0
}

export default unknownCommand
