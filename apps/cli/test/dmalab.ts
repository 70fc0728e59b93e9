// A command in the test's own process, as a shell would run it: from its sources, with what it prints and its exit code. What belongs to
// the process itself (signals, closed pipes, the bin file) is tested with a process of its own.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type Command, Config, Errors, run } from '@oclif/core'
import { captureOutput } from '@oclif/test'
// What nearly every command loads, so that no test is the one that waits for it.
import '../src/commands/run.ts'

const CLI = join(import.meta.dirname, '..')

export interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface CommandOptions {
  /** The folder that it runs in; the test's own without. */
  readonly cwd?: string
  /** What standard input gives; nothing without. */
  readonly input?: string | Uint8Array
}

/** A program that reads, by what a user types after `dmalab`: `await dmalab('run', 'founding')`. */
export const dmalab = (...args: readonly string[]): Promise<Ended> => dmalabWith({}, ...args)

/** @throws Error for what would end a command with a stack: a bug of ours */
export const dmalabWith = async (options: CommandOptions, ...args: readonly string[]): Promise<Ended> => {
  const config = await fromSources()
  const back = stand(options)
  try {
    const { stdout, stderr, error } = await captureOutput(() => run([...args], config), { stripAnsi: false })
    const ended = error === undefined ? { code: Number(process.exitCode ?? 0), text: '' } : endOf(error)
    return { code: ended.code, out: stdout, err: `${stderr}${ended.text}` }
  } finally {
    for (const [command, id] of ids) command.id = id
    back()
  }
}

/** oclif's exits are thrown; anything else but its own errors is a bug. */
const endOf = (error: Error): { readonly code: number; readonly text: string } => {
  const code = 'oclif' in error ? (error as Errors.CLIError).oclif.exit : undefined
  if (code === undefined) throw error
  return { code, text: error instanceof Errors.ExitError ? '' : `${error.message}\n` }
}

/** Takes the place that the options say, and returns what gives it back. */
const stand = ({ cwd, input = '' }: CommandOptions): (() => void) => {
  const [folder, exitCode] = [process.cwd(), process.exitCode]
  const stdin = Object.getOwnPropertyDescriptor(process, 'stdin') as PropertyDescriptor
  if (cwd !== undefined) process.chdir(cwd)
  process.exitCode = undefined
  Object.defineProperty(process, 'stdin', { ...stdin, get: () => Readable.from([Buffer.from(input)]) })
  return () => {
    Object.defineProperty(process, 'stdin', stdin)
    process.exitCode = exitCode
    process.chdir(folder)
  }
}

const configs: { sources?: Promise<Config> } = {}
/** oclif's help writes `trace replay` where `trace:replay` stood. A process ends there; here the next one looks for the command. */
const ids = new Map<Command.Loadable, string>()

/** oclif loads commands from `dist`; here they come from `src`, as everything that is tested. Plug-ins of whoever runs the test stay out. */
const fromSources = (): Promise<Config> => (configs.sources ??= load())

const load = async (): Promise<Config> => {
  const data = mkdtempSync(join(tmpdir(), 'dmalab-data-'))
  const before = process.env['DMALAB_DATA_DIR']
  process.env['DMALAB_DATA_DIR'] = data
  try {
    const config = await Config.load({ root: CLI })
    for (const command of config.plugins.get('dmalab')?.commands ?? []) {
      const { id } = command
      command.load = () => commandOf(id)
      ids.set(command, id)
    }
    return config
  } finally {
    // Processes that later tests start look for theirs.
    if (before === undefined) delete process.env['DMALAB_DATA_DIR']
    else process.env['DMALAB_DATA_DIR'] = before
    rmSync(data, { recursive: true })
  }
}

const commandOf = async (id: string): Promise<Command.Class> => {
  const { default: command } = (await import(join(CLI, 'src/commands', `${id.replaceAll(':', '/')}.ts`))) as {
    default: Command.Class
  }
  return Object.assign(command, { id })
}
