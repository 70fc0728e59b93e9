import { InputError, type ReplayReport } from '@dmalab/api'
import { openLaboratory } from '@dmalab/lab/node'
import { replayText } from '@dmalab/report'
import { parseKernel, replayLog, withOptions } from '@dmalab/runner'
import { parseKernelOptions } from '@dmalab/scenario'
import { readTrace } from '@dmalab/trace/node'
import { Flags } from '@oclif/core'
import { BaseCommand, REPEATED } from '../../base-command.ts'
import { boardFor } from '../../board-for.ts'
import { fileArg } from '../../log/flags.ts'
import { RUN_FLAGS } from '../../run-flags.ts'

export default class TraceReplay extends BaseCommand {
  static override summary =
    'Drive the operations of an ftrace log through the model: what would another kernel, mask, IOMMU or bounce buffer have done?'
  static override description =
    'Maps, unmaps, syncs and allocations of the named devices run in the order of the log. Physical addresses are kept where the board has ordinary memory there.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> out.trace --kernel arm64@6.12 --board bcm2711-rpi-4-b --device 0000:00:03.0=codec',
  ]
  static override args = { file: fileArg }
  static override flags = {
    kernel: Flags.string({
      helpValue: 'KERNEL',
      char: 'k',
      required: true,
      summary: 'arch@release, then +patch for each patch (dmalab kernel list)',
    }),
    board: Flags.string({
      helpValue: 'BOARD',
      char: 'b',
      required: true,
      summary: 'Board by name (dmalab board list), a board file, or a device tree (.dtb)',
    }),
    device: Flags.string({
      summary: 'Which device of the board stands for one of the log; devices of the same name need none',
      helpValue: 'LOG=BOARD',
      ...REPEATED,
    }),
    memory: RUN_FLAGS.memory,
    plugin: RUN_FLAGS.plugin,
    config: RUN_FLAGS.config,
    cmdline: RUN_FLAGS.cmdline,
  }

  async run(): Promise<ReplayReport> {
    const { args, flags } = await this.parse(TraceReplay)
    const parts = await openLaboratory(this.plugins(flags.plugin))
    const machine = await boardFor(parts.registry, flags.board, { memory: flags.memory })
    const kernel = withOptions(
      parseKernel(flags.kernel, parts.registry),
      parseKernelOptions(flags.config, flags.cmdline ?? ''),
    )
    const request = { kernel, machine, devices: standIns(flags.device) }
    const report = await replayLog(parts, request, (onEvent) => readTrace(args.file, onEvent))
    this.log(replayText(args.file, report))
    return report
  }
}

/** Names in logs hold colons and dots, never '='. */
const standIns = (pairs: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const [log, board, more] = pair.split('=')
      if (!log || !board || more !== undefined)
        throw new InputError(`--device '${pair}' is not LOG=BOARD, such as 0000:00:03.0=codec`)
      return [log, board]
    }),
  )
