import type { ReplayReport } from '@dmalab/api'
import { type ReadEvents, replay } from '@dmalab/lab'
import { boardFor, openLaboratory, readTrace } from '@dmalab/lab/node'
import { replayText } from '@dmalab/report'
import { Flags } from '@oclif/core'
import { BaseCommand, REPEATED } from '../../base-command.ts'
import { boardOf } from '../../board-for.ts'
import { fileArg, noEvents, standIns } from '../../log/flags.ts'
import { RUN_FLAGS } from '../../run-flags.ts'

export default class TraceReplay extends BaseCommand {
  static override summary =
    'Drive the operations of an ftrace log through the model: what would another kernel, mask, IOMMU or bounce buffer have done?'
  static override description =
    'Maps, unmaps, syncs and allocations of the named devices run in the order of the log. Physical addresses are kept where the board has ordinary memory there.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> out.trace --board bcm2711-rpi-4-b --device 0000:00:03.0=codec',
    '<%= config.bin %> <%= command.id %> out.trace --kernel arm64@6.12 --board bcm2711-rpi-4-b --device 0000:00:03.0=codec',
  ]
  static override args = { file: fileArg }
  static override flags = {
    kernel: Flags.string({
      helpValue: 'KERNEL',
      char: 'k',
      default: 'auto',
      summary:
        'arch@release, then +patch for each patch (dmalab kernel list); auto: the release that the log names, on the board; where it names none, that of dmalab.yaml',
    }),
    board: Flags.string({
      helpValue: 'BOARD',
      char: 'b',
      summary: 'Board by name (dmalab board list), a board file, or a device tree (.dtb)',
    }),
    device: Flags.string({
      summary: 'Which device of the board stands for one of the log; devices of the same name need none',
      helpValue: 'LOG=BOARD',
      ...REPEATED,
    }),
    memory: RUN_FLAGS.memory,
    overlay: RUN_FLAGS.overlay,
    plugin: RUN_FLAGS.plugin,
    config: RUN_FLAGS.config,
    cmdline: RUN_FLAGS.cmdline,
  }

  async run(): Promise<ReplayReport> {
    const { args, flags } = await this.parse(TraceReplay)
    const { kernel, config, cmdline = '' } = flags
    const parts = await openLaboratory(this.plugins(flags.plugin))
    const { registry } = parts
    const defaults = this.defaults()
    const machine = await boardOf(flags, { registry, defaults }, boardFor)
    const request = { kernel, config, cmdline, machine, devices: standIns(flags.device) }
    const readLog: ReadEvents = async (onEvent) => {
      const read = await readTrace(args.file, onEvent)
      if (Object.keys(read.events).length === 0) throw noEvents(args.file, read.lines)
      return read
    }
    const report = await replay(parts, request, readLog, () => defaults.kernel(registry, machine.arch))
    this.tell(replayText(args.file, report))
    return report
  }
}
