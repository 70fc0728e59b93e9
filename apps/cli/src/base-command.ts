// What all commands share: bad input becomes one clear message and exit code 2, with and without --json.
import { InputError, isInputError } from '@dmalab/api'
import type { PluginSources } from '@dmalab/lab/node'
import { COLUMNS, foldText, LEAST_COLUMNS } from '@dmalab/report'
import { Command, Flags, ux } from '@oclif/core'
import { asksForJson, errorJson, EXIT } from './bad-input.ts'
import { installedPlugins } from './plugin-sources.ts'
import { jsonShown, shown } from './shown.ts'

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

/** What oclif says of wrong flags and arguments, in one line; undefined for anything else, which is a bug. */
const usageError = (error: Error, command: string): InputError | undefined => {
  if (!('oclif' in error)) return undefined
  const lines = error.message.split('\n').map((line) => line.trim())
  const told = lines.filter((line) => line !== '' && !line.startsWith('See more help'))
  return new InputError(told.join(' '), {}, `${command} --help lists arguments and flags`)
}

export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true

  /** Installed plug-ins and those of --plugin. A broken installed one is reported on stderr, with --json too: the command works without it. */
  protected plugins(given: readonly string[]): PluginSources {
    return {
      given,
      installed: installedPlugins(this.config, given),
      onBroken: (name, { message, hint }) => {
        this.logToStderr(`plug-in left out: ${message}`)
        this.logToStderr(
          `hint: ${hint === undefined ? '' : `${hint}; or `}remove it with: ${this.config.bin} plugins uninstall ${name}`,
        )
      },
    }
  }

  /** Columns of the terminal; of a pipe, those of the widest text. */
  protected get columns(): number {
    const asked = Number(process.env['COLUMNS'] ?? 0)
    const wide = asked > 0 ? asked : process.stdout.isTTY ? process.stdout.columns : COLUMNS
    return Math.min(Math.max(wide, LEAST_COLUMNS), COLUMNS)
  }

  /** Text for people: long lines are folded. */
  protected tell(text: string): void {
    this.log(foldText(text, this.columns))
  }

  override log(message = ''): void {
    super.log(shown(message))
  }

  override logToStderr(message = ''): void {
    super.logToStderr(shown(message))
  }

  override logJson(json: unknown): void {
    ux.stdout(jsonShown(ux.colorizeJson(json, { pretty: true, theme: this.config.theme?.json })))
  }

  protected override async catch(error: Error & { exitCode?: number }): Promise<unknown> {
    const bad = isInputError(error)
      ? error
      : usageError(error, `${this.config.bin} ${(this.id ?? '').replaceAll(':', ' ')}`)
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
