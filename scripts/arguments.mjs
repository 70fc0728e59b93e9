// Reads the words behind a script, all scripts in the same way: --help gives usage and examples, what is wrong one line and exit code 2.
import { parseArgs } from 'node:util'

const number = (expected, isRight) => ({
  expected,
  of: (text) => (/\S/.test(text) && isRight(Number(text)) ? Number(text) : undefined),
})
/** What a value may be: how it is called, and what a text comes to (undefined: it is none). */
export const POSITIVE = number('a number above 0', (value) => value > 0 && value < Infinity)
export const COUNT = number('a whole number above 0', (value) => Number.isSafeInteger(value) && value > 0)
export const SEED = number('a whole number from 0 on', (value) => Number.isSafeInteger(value) && value >= 0)
export const RELEASE = {
  expected: 'a release of Node, such as 22 or 20.19.0',
  of: (text) => (/^\d+(?:\.\d+){0,2}$/.test(text) ? text : undefined),
}
export const oneOf = (...names) => ({
  expected: `one of ${names.join(', ')}`,
  of: (text) => (names.includes(text) ? text : undefined),
})

const HELP = { help: { type: 'boolean', short: 'h' } }

/**
 * A command is its `call`, what it is about, and examples (words behind the call); `options` by name, each with what it says, how its value is
 * called (absent: it takes none), what the value may be (`is`), `default` and `multiple`; `words`: how words without a dash are called, and
 * `through`: the program that all words but --help are for.
 *
 * @returns {{ values: Record<string, any>, words: string[] } | { help: string } | { problem: string }}
 */
export const readArguments = (command, given) => {
  if (command.through !== undefined) {
    const asks = given.some((word) => word === '--help' || word === '-h')
    return asks ? { help: helpOf(command) } : { values: {}, words: given }
  }
  const options = { ...HELP }
  for (const [name, { value, multiple = false }] of Object.entries(command.options ?? {}))
    options[name] = { type: value === undefined ? 'boolean' : 'string', multiple }
  let parsed
  try {
    parsed = parseArgs({ args: given, options, allowPositionals: command.words !== undefined })
  } catch (error) {
    // Node goes on with advice on lines of its own.
    return { problem: error.message.split(/\.\s/, 1)[0].replace(/\.$/, '') }
  }
  if (parsed.values.help === true) return { help: helpOf(command) }
  const values = {}
  for (const [name, { is, default: usual, multiple }] of Object.entries(command.options ?? {})) {
    const texts = [parsed.values[name] ?? []].flat()
    const read = is === undefined ? texts : texts.map(is.of)
    const wrong = read.indexOf(undefined)
    if (wrong >= 0) return { problem: `--${name} is ${is.expected}, not '${texts[wrong]}'` }
    values[name] = multiple === true && read.length > 0 ? read : (read.at(-1) ?? usual)
  }
  const both = (command.apart ?? []).find((names) => names.filter((name) => values[name] !== undefined).length > 1)
  if (both !== undefined) return { problem: `${both.map((name) => `--${name}`).join(' and ')} exclude each other` }
  return { values, words: parsed.positionals }
}

const helpOf = ({ call, about, options = {}, words, through, examples }) => {
  const behind = [
    ...(Object.keys(options).length > 0 ? ['[OPTION...]'] : []),
    ...(words === undefined && through === undefined ? [] : [`[${words ?? 'ARG'}...]`]),
  ]
  const dashes = call.startsWith('npm ') ? ' --' : ''
  const called = (text) => (text === '' ? call : `${call}${dashes} ${text}`)
  const rows = Object.entries(options).map(([name, { value, says, default: usual }]) => [
    `  --${name}${value === undefined ? '' : ` ${value}`}`,
    usual === undefined ? says : `${says} (${usual})`,
  ])
  const width = Math.max(...rows.map(([name]) => name.length))
  return [
    `usage: ${called(behind.join(' '))}`,
    '',
    about,
    ...(rows.length > 0 ? ['', ...rows.map(([name, says]) => `${name.padEnd(width)}  ${says}`)] : []),
    '',
    'examples:',
    ...examples.map((text) => `  ${called(text)}`),
  ].join('\n')
}

/** Ends the program: what was given is wrong. */
export const refuse = ({ call }, problem) => {
  console.error(`${problem.replaceAll(/\s+/g, ' ')} (usage: ${call}${call.startsWith('npm ') ? ' --' : ''} --help)`)
  process.exit(2)
}

/** What was given to a command, or the end of the program: with its help, or with what is wrong. */
export const argumentsOf = (command, given = process.argv.slice(2)) => {
  const read = readArguments(command, given)
  if ('problem' in read) refuse(command, read.problem)
  if ('help' in read) {
    console.log(read.help)
    process.exit(0)
  }
  return read
}
