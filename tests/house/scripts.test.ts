// What every script of package.json that takes words says to --help, to flags that it has not, and to values that are none.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './house.ts'

interface Given {
  readonly values?: Readonly<Record<string, unknown>>
  readonly words?: readonly string[]
  readonly help?: string
  readonly problem?: string
}
interface ScriptCommand {
  readonly call: string
  readonly through?: string
  readonly options?: Readonly<Record<string, unknown>>
  readonly examples: readonly string[]
}
const { readArguments } = (await import(join(ROOT, 'scripts/arguments.mjs'))) as {
  readonly readArguments: (command: ScriptCommand | undefined, given: readonly string[]) => Given
}
const { COMMANDS } = (await import(join(ROOT, 'scripts/commands.mjs'))) as {
  readonly COMMANDS: Readonly<Record<string, ScriptCommand>>
}
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>
}

test('every script of go.mjs says what it takes; `start` is the command line, which does so itself', () => {
  const called = Object.entries(scripts).flatMap(([name, text]) => {
    const [, word] = /^node scripts\/go\.mjs (\w+)$/.exec(text) ?? []
    return word === undefined || word === 'start' ? [] : [[word, name === 'test' ? 'npm test' : `npm run ${name}`]]
  })
  expect(Object.fromEntries(Object.entries(COMMANDS).map(([word, { call }]) => [word, call]))).toEqual(
    Object.fromEntries(called),
  )
})

test.each(Object.entries(COMMANDS))('%s: --help has each option, and examples that it takes', (_word, command) => {
  const { help = '' } = readArguments(command, ['--help'])
  const lines = help.split('\n')
  expect(lines[0]).toMatch(new RegExp(`^usage: ${command.call}`))
  for (const name of Object.keys(command.options ?? {})) expect(help).toContain(`\n  --${name} `)
  expect(command.examples.length).toBeGreaterThan(0)
  for (const example of command.examples) {
    expect(lines).toContain(`  ${command.call}${example === '' ? '' : ` -- ${example}`}`)
    expect(readArguments(command, example.split(' ').filter(Boolean))).not.toHaveProperty('problem')
  }
})

const own = Object.entries(COMMANDS).filter(([, { through }]) => through === undefined)
test.each(own)('%s: a flag that it has not is refused', (_word, command) => {
  expect(readArguments(command, ['--bogus']).problem).toBe("Unknown option '--bogus'")
})

test.each([
  ['fuzz', '--seconds 0', "--seconds is a number above 0, not '0'"],
  ['fuzz', '--seconds Infinity', "--seconds is a number above 0, not 'Infinity'"],
  ['fuzz', '--seconds=', "--seconds is a number above 0, not ''"],
  ['fuzz', '--seed 1.5', "--seed is a whole number from 0 on, not '1.5'"],
  ['fuzz', '--seed -1', "Option '--seed' argument is ambiguous"],
  ['fuzz', '--seed', "Option '--seed <value>' argument missing"],
  ['fuzz', '--seconds 1 --minutes 1', '--seconds and --minutes exclude each other'],
  ['fuzz', 'dtb', "Unexpected argument 'dtb'"],
  ['mutation', '--sample many', "--sample is a whole number above 0, not 'many'"],
  ['bench', '--check --scaling', '--check and --scaling exclude each other'],
  ['bench', '--limit x', "--limit is a number above 0, not 'x'"],
  ['pack', '--node lts', "--node is a release of Node, such as 22 or 20.19.0, not 'lts'"],
  ['release', '--step all', "--step is one of build, tests, use, files, not 'all'"],
  ['build', 'memory', "Unexpected argument 'memory'"],
])('%s %s is refused', (word, text, problem) => {
  expect(readArguments(COMMANDS[word], text.split(' '))).toEqual({ problem })
})

test('values are numbers, lists, and what they usually are', () => {
  expect(readArguments(COMMANDS['fuzz'], ['--reader', 'dtb', '--reader', 'board', '--seed=7'])).toEqual({
    values: { reader: ['dtb', 'board'], seed: 7, seconds: undefined, minutes: undefined },
    words: [],
  })
  const { words } = readArguments(COMMANDS['release'], ['--dry-run', '--', '--shard=1/4'])
  expect(words).toEqual(['--shard=1/4'])
  expect(readArguments(COMMANDS['test'], ['--shard=1/4']).words).toEqual(['--shard=1/4'])
})

test('what is wrong is one line, and 2, before anything is installed', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/go.mjs', 'mutation', '--bogus'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  expect([status, stdout, stderr]).toEqual([2, '', "Unknown option '--bogus' (usage: npm run mutation -- --help)\n"])
})
