import { InputError, type Machine } from '@dmalab/api'
import { openRegistry } from '@dmalab/lab/node'
import { withVirtualDevices } from '@dmalab/machine'
import { describeError, describePipeline, type PipelineDescription, PipelineError } from '@dmalab/scenario'
import { Args, Flags } from '@oclif/core'
import { BaseCommand, EXIT, PLUGIN_FLAG } from '../../base-command.ts'
import { boardFor } from '../../board-for.ts'
import { renderPipeline } from '../../pipeline/render-pipeline.ts'

export default class PipelineParse extends BaseCommand {
  static override summary =
    'Show the graph of a gst-launch-1.0 line; with --board, who does the work and how buffers travel.'
  static override description =
    'Parses as GStreamer 1.22 does. A line that does not parse: the place under a caret, exit code 2. Elements that are not known are listed.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> "v4l2src ! v4l2convert output-io-mode=dmabuf-import ! kmssink"',
    '<%= config.bin %> <%= command.id %> "filesrc location=a.h264 ! h264parse ! v4l2h264dec capture-io-mode=dmabuf ! kmssink" --board odroid-xu4-2017',
    '<%= config.bin %> <%= command.id %> "v4l2h264dec ! acmescale ! kmssink" --board odroid-xu4-2017 --bind acmescale=g2d --json',
  ]
  static override args = { line: Args.string({ required: true, description: 'A gst-launch-1.0 line, in quotes' }) }
  static override flags = {
    board: Flags.string({
      char: 'b',
      summary: 'Bind elements to the devices of this board: a name, a board file or a .dtb',
    }),
    bind: Flags.string({
      summary: 'Bind an element to a device of the board: element=device',
      multiple: true,
      multipleNonGreedy: true,
      dependsOn: ['board'],
    }),
    ...PLUGIN_FLAG,
  }

  async run(): Promise<PipelineDescription> {
    const { args, flags } = await this.parse(PipelineParse)
    const overrides = Object.fromEntries((flags.bind ?? []).map(pair))
    const board = flags.board === undefined ? undefined : await this.board(flags.board, flags.plugin)
    const machine = board && withVirtualDevices(board, Object.values(overrides))
    try {
      const described = describePipeline(args.line, machine, overrides)
      this.log(renderPipeline(described))
      return described
    } catch (error) {
      if (!(error instanceof PipelineError) || !this.jsonEnabled()) throw error
      process.exitCode = EXIT.input
      return describeError(error)
    }
  }

  private async board(reference: string, given: readonly string[]): Promise<Machine> {
    return boardFor(await openRegistry(this.plugins(given)), reference)
  }
}

const pair = (text: string): [element: string, device: string] => {
  const at = text.indexOf('=')
  if (at <= 0 || at === text.length - 1)
    throw new InputError(`--bind ${text} is not element=device, such as v4l2video4dec=codec`)
  return [text.slice(0, at), text.slice(at + 1)]
}
