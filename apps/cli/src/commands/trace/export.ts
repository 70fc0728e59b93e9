import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import { InputError } from '@dmalab/api'
import { createChromeTrace } from '@dmalab/lab'
import { readTrace } from '@dmalab/lab/node'
import { Flags } from '@oclif/core'
import { BaseCommand } from '../../base-command.ts'
import { fileArg, noEvents } from '../../log/flags.ts'

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
    const out = flags.output === '-' ? process.stdout : createWriteStream(flags.output)
    const opened = flags.output === '-' ? Promise.resolve() : once(out, 'open')
    await opened.catch((error: unknown) => {
      throw new InputError(error instanceof Error ? error.message : String(error), { file: flags.output })
    })
    const trace = createChromeTrace((text) => void out.write(text))
    let events = 0
    const { lines } = await readTrace(args.file, (event) => {
      events += 1
      trace.onEvent(event)
    })
    if (events === 0) throw noEvents(args.file, lines)
    trace.finish()
    if (out !== process.stdout) {
      out.end()
      await finished(out)
    }
    return { output: flags.output, events }
  }
}
