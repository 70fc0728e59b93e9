// What can stand where the cursor is: commands, flags, and values of flags and arguments.
import type { TypedLine } from './line.ts'

export interface Candidate {
  readonly value: string
  readonly about: string
}

/** As much of a flag as completion needs. */
interface KnownFlag {
  readonly name: string
  readonly char?: string
  readonly about: string
  readonly takesValue: boolean
  readonly repeats: boolean
  readonly options: readonly string[]
}

export interface KnownCommand {
  /** `board`, `show`. */
  readonly words: readonly string[]
  readonly about: string
  readonly flags: readonly KnownFlag[]
  /** Names of arguments, in order; the last one repeats where there may be more. */
  readonly args: readonly { readonly name: string; readonly options: readonly string[] }[]
}

/** What a value is of: a flag or an argument of a command, with what stands before it. */
export interface ValuePlace {
  readonly command: string
  readonly name: string
  readonly typed: string
  readonly before: readonly string[]
}

/** What names stand at such a place; `files`: names of files may, too. */
export interface Values {
  readonly candidates: readonly Candidate[]
  readonly files: boolean
}

const NOTHING: Values = { candidates: [], files: false }

export const candidatesFor = (
  { before, current }: TypedLine,
  commands: readonly KnownCommand[],
  valuesAt: (place: ValuePlace) => Values,
): Values => {
  const command = commandOf(before, commands)
  if (command === undefined) return { candidates: nextWords(before, current, commands), files: false }
  const rest = before.slice(command.words.length)
  const id = command.words.join(' ')
  const valueOf = (flag: KnownFlag, typed: string, lead = ''): Values => {
    const { candidates, files } =
      flag.options.length > 0
        ? { candidates: flag.options.map(plain), files: false }
        : valuesAt({ command: id, name: flag.name, typed, before: rest })
    return {
      candidates: starting(candidates, typed).map(({ value, about }) => ({ value: lead + value, about })),
      files,
    }
  }
  const [, name, typed = ''] = /^(--[\w-]+)=(.*)$/s.exec(current) ?? []
  const assigned = name === undefined ? undefined : flagOf(name, command)
  if (assigned !== undefined) return valueOf(assigned, typed, `${name}=`)
  const last = rest.at(-1)
  const open = last === undefined ? undefined : flagOf(last, command)
  if (open?.takesValue === true) return valueOf(open, current)
  if (current.startsWith('-')) return { candidates: starting(flagsLeft(rest, command), current), files: false }
  const arg = command.args[Math.min(argumentsIn(rest, command), command.args.length - 1)]
  if (arg === undefined) return NOTHING
  if (arg.options.length > 0) return { candidates: starting(arg.options.map(plain), current), files: false }
  const { candidates, files } = valuesAt({ command: id, name: arg.name, typed: current, before: rest })
  return { candidates: starting(candidates, current), files }
}

const plain = (value: string): Candidate => ({ value, about: '' })

const starting = (candidates: readonly Candidate[], typed: string): readonly Candidate[] =>
  candidates.filter(({ value }) => value.startsWith(typed))

/** The command with the most words that the line begins with. */
const commandOf = (before: readonly string[], commands: readonly KnownCommand[]): KnownCommand | undefined =>
  commands
    .filter(({ words }) => words.every((word, i) => before[i] === word))
    .toSorted((a, b) => b.words.length - a.words.length)[0]

const nextWords = (
  before: readonly string[],
  current: string,
  commands: readonly KnownCommand[],
): readonly Candidate[] => {
  const found = new Map<string, string>()
  for (const { words, about } of commands) {
    if (words.length <= before.length || !before.every((word, i) => words[i] === word)) continue
    const next = words[before.length] ?? ''
    if (next.startsWith(current) && !found.has(next)) found.set(next, words.length === before.length + 1 ? about : '')
  }
  return [...found].map(([value, about]) => ({ value, about })).toSorted((a, b) => (a.value < b.value ? -1 : 1))
}

const flagOf = (word: string, { flags }: KnownCommand): KnownFlag | undefined =>
  flags.find(({ name, char }) => word === `--${name}` || (char !== undefined && word === `-${char}`))

const flagsLeft = (rest: readonly string[], command: KnownCommand): readonly Candidate[] => {
  const given = new Set(rest.flatMap((word) => flagOf(word, command)?.name ?? []))
  return command.flags
    .filter(({ name, repeats }) => repeats || !given.has(name))
    .map(({ name, about }) => ({ value: `--${name}`, about }))
}

/** How many arguments stand there already. */
const argumentsIn = (rest: readonly string[], command: KnownCommand): number =>
  rest.filter((word, i) => {
    if (word.startsWith('-') && word.length > 1) return false
    const previous = rest[i - 1]
    return previous === undefined || flagOf(previous, command)?.takesValue !== true
  }).length
