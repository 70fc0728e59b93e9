import { InputError } from '@dmalab/api'
import { createChromeTrace } from '@dmalab/lab'
import { readTrace } from '@dmalab/lab/node'
import { Flags } from '@oclif/core'
import { BaseCommand } from '../../base-command.ts'
import { fileArg, noEvents } from '../../log/flags.ts'
import { jsonShown } from '../../shown.ts'
import { checkTarget, type FileWriter, openWriter } from '../../write-file.ts'

interface ExportReport {
  readonly output: string
  readonly events: number
}

export default class TraceExport extends BaseCommand {
  static override summary = 'Write an ftrace log as Chrome trace JSON: open it in ui.perfetto.dev or chrome://tracing.'
  static override description =
    'One process a device: lifetimes of its mappings and allocations, bounces, live bytes. One process a vb2 queue: who has each buffer.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> out.trace --output out.json',
    '<%= config.bin %> <%= command.id %> out.trace | gzip > out.json.gz',
  ]
  static override args = { file: fileArg }
  static override flags = {
    output: Flags.string({
      char: 'o',
      default: '-',
      summary: 'File to write, - for standard output',
      helpValue: 'FILE',
    }),
  }

  async run(): Promise<ExportReport> {
    const { args, flags } = await this.parse(TraceExport)
    if (flags.output === '-' && this.jsonEnabled())
      throw new InputError('--json reports about the export: name a file with --output')
    if (flags.output !== '-') checkTarget(flags.output, args)
    const out = flags.output === '-' ? STANDARD_OUTPUT : openWriter(flags.output)
    try {
      const events = await this.exportTo(out, args.file)
      out.finish()
      return { output: flags.output, events }
    } catch (error) {
      out.abandon()
      throw error
    }
  }

  private async exportTo(out: FileWriter, file: string): Promise<number> {
    const trace = createChromeTrace((text) => out.write(jsonShown(text)))
    let events = 0
    const { lines } = await readTrace(file, (event) => {
      events += 1
      trace.onEvent(event)
    })
    if (events === 0) throw noEvents(file, lines)
    trace.finish()
    return events
  }
}

const STANDARD_OUTPUT: FileWriter = {
  write: (text) => void process.stdout.write(text),
  finish: () => undefined,
  abandon: () => undefined,
}
