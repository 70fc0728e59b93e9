// What all commands share: bad input becomes one clear message and exit code 2, with and without --json.
import { InputError, isInputError, likeliest } from '@dmalab/api'
import type { PluginSources } from '@dmalab/lab/node'
import { COLUMNS, foldText } from '@dmalab/report'
import { Command, Flags, type Interfaces, ux } from '@oclif/core'
import { asksForJson, errorJson, EXIT } from './bad-input.ts'
import { columnsOf } from './columns.ts'
import { Defaults } from './defaults.ts'
import { OutputFile } from './output-file.ts'
import { installedPlugins } from './plugin-sources.ts'
import { showWaiting } from './progress.ts'
import { jsonShown, shown } from './shown.ts'
import { userSettings } from './user-config.ts'

/** A flag that may be given several times; help shows no default where there is none. */
export const REPEATED = {
  multiple: true,
  multipleNonGreedy: true,
  default: [] as string[],
  defaultHelp: async () => undefined,
} as const

/** On every command that uses what plug-ins bring. */
export const PLUGIN_FLAG = {
  plugin: Flags.string({
    helpValue: 'PATH',
    summary: 'Load a plug-in beside the installed ones: a file, or a folder with a package.json',
    ...REPEATED,
  }),
} as const

/** What oclif says of wrong flags and arguments, in one line; undefined for anything else, which is a bug. `flags`: those that there are. */
const usageError = (error: Error, command: string, flags: readonly string[]): InputError | undefined => {
  if (!('oclif' in error)) return undefined
  const told = toldBy(error.message)
  const near = likelyFlag(told, flags) ?? likelyOption(told)
  const help = `${command} --help lists arguments and flags`
  return new InputError(told, {}, near === undefined ? help : `${near} ${help}`)
}

/** Without oclif's heads, advice on flags that were not given, and descriptions of what is missing. */
const toldBy = (message: string): string => {
  const [, list] = /^Missing \d+ required args?:\n([^]*)/.exec(message) ?? []
  if (list !== undefined) {
    const names = [...list.replace(/^Note: [^]*/m, '').matchAll(/^([A-Z-]+) {2}/gim)].map(([, name = '']) =>
      name.toUpperCase(),
    )
    return `missing: ${names.join(', ')}`
  }
  return message
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(See more help|The following errors? occurred:$)/.test(line))
    .map((line) => line.replace(/^Missing required flag (\w)/, 'missing: --$1'))
    .join(' ')
}

/** Of `Nonexistent flag: --boad`. */
const likelyFlag = (told: string, flags: readonly string[]): string | undefined => {
  const [, given] = /^Nonexistent flags?: --([\w-]+)/.exec(told) ?? []
  return given === undefined ? undefined : likeliest(given, flags)?.replaceAll(/(mean|or) /g, '$1 --')
}

/** Of `Expected --assume=drivr to be one of: driver, mask`. */
const likelyOption = (told: string): string | undefined => {
  const [, given, options] = /^Expected (?:--[\w-]+=)?(.*) to be one of: (.*)$/.exec(told) ?? []
  return given === undefined || options === undefined ? undefined : likeliest(given, options.split(', '))
}

/** Everything that was given but --output itself: files that the command reads may be among it. */
const wordsBeside = (raw: Interfaces.ParserOutput['raw']): readonly string[] =>
  raw.filter((token) => token.type === 'arg' || token.flag !== 'output').map(({ input }) => input)

/** These say themselves how far they are. */
const OWN_PROGRESS: ReadonlySet<string> = new Set(['run', 'compare', 'sweep', 'worker'])

export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true
  static override baseFlags = {
    output: Flags.string({
      char: 'o',
      helpValue: 'FILE',
      helpGroup: 'GLOBAL',
      summary: 'Write to this file what would be printed',
    }),
  }

  /** Where --output leads. */
  private file: OutputFile | undefined
  /** The line that says that work goes on. */
  private waiting: ReturnType<typeof showWaiting> | undefined

  /** Installed plug-ins and those of --plugin. A broken installed one is reported on stderr, with --json too: the command works without it. */
  protected plugins(given: readonly string[]): PluginSources {
    return {
      given,
      installed: installedPlugins(this.config, given),
      onBroken: (name, { message, hint }) => {
        this.note(`plug-in left out: ${message}`)
        this.note(
          `hint: ${hint === undefined ? '' : `${hint}; or `}remove it with: ${this.config.bin} plugins uninstall ${name}`,
        )
      },
    }
  }

  /** What the user's configuration says; what is taken from it is named on stderr. @throws InputError for a file that is none */
  protected defaults(): Defaults {
    return new Defaults(userSettings(process.cwd(), this.config.configDir), (text) => this.note(text))
  }

  /** Columns of the terminal; of a pipe, those of the widest text. */
  protected get columns(): number {
    if (this.file !== undefined) return COLUMNS
    return columnsOf(process.env, process.stdout)
  }

  /** What a person should know beside what the command prints: on standard error, with --json too, where oclif's logToStderr is silent. */
  protected note(text: string): void {
    this.waiting?.clear()
    ux.stderr(shown(text))
  }

  /** Text for people: long lines are folded; what follows their first line stands in by `hang` blanks. */
  protected tell(text: string, hang?: number): void {
    this.log(foldText(text, this.columns, hang))
  }

  override log(message = ''): void {
    this.waiting?.clear()
    if (this.file === undefined) super.log(shown(message))
    else if (!this.jsonEnabled()) this.file.write(message)
  }

  override logToStderr(message = ''): void {
    this.waiting?.clear()
    super.logToStderr(shown(message))
  }

  override logJson(json: unknown): void {
    this.waiting?.clear()
    // What has 64 bits is written in hexadecimal digits.
    const plain = JSON.stringify(json, (_key, value: unknown) =>
      typeof value === 'bigint' ? `0x${value.toString(16)}` : value,
    )
    const data: unknown = JSON.parse(plain)
    if (this.file !== undefined) this.file.write(jsonShown(JSON.stringify(data, null, 2)))
    else ux.stdout(jsonShown(ux.colorizeJson(data, { pretty: true, theme: this.config.theme?.json })))
  }

  protected override async parse<
    F extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    B extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    A extends Interfaces.OutputArgs<Interfaces.ArgInput>,
  >(options?: Interfaces.Input<F, B, A>, argv?: string[]): Promise<Interfaces.ParserOutput<F, B, A>> {
    const parsed = await super.parse(options, argv)
    const { output } = parsed.flags as { readonly output?: string }
    // A command with an --output of its own writes it itself.
    if (output !== undefined && !('output' in (options?.flags ?? {})))
      this.file = new OutputFile(output, wordsBeside(parsed.raw))
    return parsed
  }

  /** Runs the command; what it printed is written when it is done, and not at all when its input was bad. */
  protected override async _run<T>(): Promise<T> {
    if (!OWN_PROGRESS.has(this.id ?? '')) this.waiting = showWaiting((this.id ?? '').replaceAll(':', ' '))
    const result = await super._run<T>().finally(() => this.waiting?.end())
    try {
      this.file?.finish()
    } catch (error) {
      await this.catch(error as Error)
    }
    return result
  }

  protected override async catch(error: Error & { exitCode?: number }): Promise<unknown> {
    this.file = undefined
    const { flags, baseFlags } = this.ctor
    const bad = isInputError(error)
      ? error
      : usageError(error, `${this.config.bin} ${(this.id ?? '').replaceAll(':', ' ')}`, [
          ...Object.keys({ ...flags, ...baseFlags }),
          'json',
          'help',
        ])
    if (bad === undefined) return super.catch(error)
    process.exitCode = EXIT.input
    // It was tried; oclif warns of commands that do not.
    this.parsed = true
    if (this.jsonEnabled() || asksForJson(this.argv)) this.logJson(errorJson(bad))
    else this.tellError(bad)
    return undefined
  }

  /** Bad input that does not end the command by itself. */
  protected tellError({ message, hint }: InputError): void {
    this.logToStderr(`error: ${message}`)
    if (hint !== undefined) this.logToStderr(foldText(`hint: ${hint}`, this.columns))
  }
}
