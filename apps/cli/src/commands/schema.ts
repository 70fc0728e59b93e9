import { join } from 'node:path'
import { InputError, likeliest } from '@dmalab/api'
import {
  configJsonSchema,
  machineJsonSchema,
  runSpecJsonSchema,
  scenarioJsonSchema,
  sweepJsonSchema,
} from '@dmalab/lab'
import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../base-command.ts'
import { readText } from '../files.ts'
import { namesIn } from '../paths.ts'

const FILES: Readonly<Record<string, () => object>> = {
  board: machineJsonSchema,
  scenario: scenarioJsonSchema,
  sweep: sweepJsonSchema,
  config: configJsonSchema,
  'run-spec': runSpecJsonSchema,
}
const SUFFIX = '.schema.json'

export default class Schema extends BaseCommand {
  static override summary = 'Print the JSON schema of a kind of file, or of what a command prints with --json.'
  static override description = `Editors complete and check files with it: # yaml-language-server: $schema=PATH on the first line of a YAML file.
KIND is ${Object.keys(FILES).join(', ')}; without one, and without --command, all names are listed.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> scenario --output scenario.schema.json',
    '<%= config.bin %> <%= command.id %> --command "board list"',
    '<%= config.bin %> <%= command.id %>',
  ]
  static override args = { kind: Args.string({ description: 'Kind of file', options: Object.keys(FILES) }) }
  static override flags = {
    command: Flags.string({
      char: 'c',
      helpValue: 'COMMAND',
      summary: 'What this command prints with --json; its words in quotes',
    }),
  }

  async run(): Promise<object> {
    const { args, flags } = await this.parse(Schema)
    if (args.kind !== undefined && flags.command !== undefined)
      throw new InputError('give a kind of file or --command, not both')
    if (args.kind === undefined && flags.command === undefined) return this.list()
    const schema = flags.command === undefined ? FILES[args.kind ?? '']?.() : await this.ofCommand(flags.command)
    if (schema === undefined) throw new Error('oclif let an unknown kind pass')
    this.log(JSON.stringify(schema, null, 2))
    return schema
  }

  private get commands(): readonly string[] {
    const ids = this.config.commands.map(({ id }) => id.replaceAll(':', ' '))
    const files = namesIn(join(this.config.root, 'schemas'))
    return ids.filter((id) => files.includes(fileOf(id))).toSorted()
  }

  private list(): object {
    const { commands } = this
    this.tell(`kinds of file: ${Object.keys(FILES).join(', ')}`)
    this.tell(`commands, with --command: ${commands.join(', ')}`)
    return { files: Object.keys(FILES), commands }
  }

  /** @throws InputError for a command without a schema */
  private async ofCommand(command: string): Promise<object> {
    const { commands } = this
    if (!commands.includes(command))
      throw new InputError(
        `there is no command '${command}' with a schema`,
        {},
        likeliest(command, commands) ?? `there are ${commands.join(', ')}`,
      )
    return JSON.parse(await readText(join(this.config.root, 'schemas', fileOf(command)))) as object
  }
}

const fileOf = (command: string): string => `${command.replaceAll(' ', '-')}${SUFFIX}`
