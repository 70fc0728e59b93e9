import { InputError, isInputError, type Machine } from '@dmalab/api'
import {
  describeError,
  describePipeline,
  type PipelineDescription,
  PipelineError,
  withVirtualDevices,
} from '@dmalab/lab'
import { openRegistry } from '@dmalab/lab/node'
import { pipelineText } from '@dmalab/report'
import { Args, Flags } from '@oclif/core'
import { EXIT } from '../../bad-input.ts'
import { BaseCommand, PLUGIN_FLAG } from '../../base-command.ts'
import { boardAndRun } from '../../board-for.ts'
import { parseBindings } from '../../run-flags.ts'
import { suggesting } from '../../run-scenario.ts'

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
    }),
    ...PLUGIN_FLAG,
  }

  async run(): Promise<PipelineDescription> {
    const { args, flags } = await this.parse(PipelineParse)
    const overrides = parseBindings(flags.bind ?? [])
    const plugins = this.plugins(flags.plugin)
    const registry = await openRegistry(plugins)
    const defaults = this.defaults()
    const named = flags.board ?? defaults.board()
    if (named === undefined && flags.bind !== undefined)
      throw new InputError('--bind is for a board', {}, 'name it: --board BOARD')
    const board = named === undefined ? undefined : await boardAndRun(flags, { registry, defaults, plugins })
    const described = (machine: Machine | undefined): PipelineDescription => {
      const description = describePipeline(args.line, machine, overrides)
      this.log(pipelineText(description, this.columns))
      return description
    }
    try {
      return described(board && withVirtualDevices(board.machine, Object.values(overrides)))
    } catch (error) {
      // The board is a default of the settings: where it does not fit the line, the line alone is shown.
      if (flags.board === undefined && board !== undefined && flags.bind === undefined && isInputError(error)) {
        const alone = described(undefined)
        this.note(`not on the default board: ${error.message.split('\n')[0] ?? ''}`)
        return alone
      }
      if (error instanceof PipelineError && this.jsonEnabled()) {
        process.exitCode = EXIT.input
        return describeError(error)
      }
      throw board !== undefined && 'spec' in board.suggested ? suggesting(error, board.suggested.spec) : error
    }
  }
}
