import type { TraceStats } from '@dmalab/api'
import { createStats } from '@dmalab/lab'
import { readTrace } from '@dmalab/lab/node'
import { statsText } from '@dmalab/report'
import { BaseCommand } from '../../base-command.ts'
import { fileArg, noEvents } from '../../log/flags.ts'

export default class TraceStatsCommand extends BaseCommand {
  static override summary =
    'Count what each device of an ftrace log did: operations, bytes, live mappings, sizes, lifetimes, bounces, IOVA.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> out.trace',
    '<%= config.bin %> <%= command.id %> out.trace --json',
  ]
  static override args = { file: fileArg }

  async run(): Promise<TraceStats> {
    const { args } = await this.parse(TraceStatsCommand)
    const collector = createStats()
    const { lines } = await readTrace(args.file, (event) => collector.onEvent(event))
    const stats = collector.finish()
    if (stats.devices.length === 0) throw noEvents(args.file, lines)
    this.tell(statsText(args.file, stats))
    return stats
  }
}
