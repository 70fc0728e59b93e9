// Words of the command line as their command takes them, short of doing what they say.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '@dmalab/api'
import { openRegistry } from '@dmalab/lab/node'
import { type Command, Parser } from '@oclif/core'
import { specOf, type RunWords } from '../src/spec-of.ts'

const COMMANDS = join(import.meta.dirname, '../src/commands')
const ids = readdirSync(COMMANDS, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replace(/\.ts$/, ''))

/** @throws InputError for what a command refuses */
export const parseArgv = async (argv: readonly string[]): Promise<void> => {
  const id = ids.find((one) => one === argv.slice(0, one.split('/').length).join('/'))
  if (id === undefined) throw new InputError('there is no such command')
  const { default: command } = (await import(join(COMMANDS, `${id}.ts`))) as { readonly default: Command.Class }
  const words = argv.slice(id.split('/').length)
  const { args, flags } = await parsed(command, words)
  if (id !== 'run' && id !== 'compare') return
  if (flags['spec'] !== undefined || flags['bundle'] !== undefined || typeof args['scenario'] !== 'string') return
  const kernels = [flags['kernel'] ?? []].flat() as string[]
  const said = { ...flags, scenario: args['scenario'], kernels, compare: id === 'compare' } as unknown as RunWords
  if (said.scenario !== '-' && said.board !== '-') await specOf(said, await openRegistry())
}

const parsed = async (command: Command.Class, words: readonly string[]) => {
  try {
    const { args, flags, strict } = command
    const read = await Parser.parse([...words], { context: { config: {} }, strict, '--': true, args, flags } as never)
    return {
      args: read.args as Readonly<Record<string, unknown>>,
      flags: read.flags as Readonly<Record<string, unknown>>,
    }
  } catch (error) {
    if (error instanceof Error && 'oclif' in error) throw new InputError(error.message)
    throw error
  }
}
