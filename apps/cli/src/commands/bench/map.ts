import type { Machine, MapBenchmark } from '@dmalab/api'
import { FOUNDING_BOARD, measureMaps, usualKernelFor } from '@dmalab/lab'
import { boardFor, openLaboratory } from '@dmalab/lab/node'
import { mapBenchmarkText } from '@dmalab/report'
import { BaseCommand } from '../../base-command.ts'
import { BENCH_FLAGS } from '../../bench-flags.ts'
import { boardOf } from '../../board-for.ts'

/** Microseconds of CPU time of this process, so that other work on the machine does not count. */
const clock = (): number => {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** A device that maps what others made. */
const mapperOf = ({ devices }: Machine): string =>
  (
    devices.find(({ name }) => name === 'converter') ??
    devices.find((device) => device.class === 'converter') ??
    devices[0]
  )?.name ?? 'converter'

export default class BenchMap extends BaseCommand {
  static override summary = "Measure what the kernel's dma_map_benchmark measures, on the model."
  static override description = `One thread maps and unmaps buffers of --granule pages, --count times, in batches; averages and standard deviations are printed in
the kernel tool's terms, and medians. The figures are CPU time: the cost of the model on this machine, not of any hardware.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> --kernel arm@4.11 --device converter --granule 16',
    '<%= config.bin %> <%= command.id %> --board rk3399-rockpro64 --kernel arm64@6.12 --device codec --json',
  ]
  static override flags = BENCH_FLAGS

  async run(): Promise<readonly MapBenchmark[]> {
    const { flags } = await this.parse(BenchMap)
    const parts = await openLaboratory(this.plugins(flags.plugin))
    const { registry } = parts
    const defaults = this.defaults()
    const machine = await boardOf(flags, { registry, defaults, other: FOUNDING_BOARD }, boardFor)
    const { granule, dir, count, config, cmdline = '', device = mapperOf(machine) } = flags
    const kernels = flags.kernel ?? [defaults.kernel(registry, machine.arch) ?? usualKernelFor(registry, machine)]
    return kernels.map((kernel) => {
      const row = measureMaps(parts, { machine, kernel, config, cmdline, device, granule, count, dir, clock })
      for (const note of row.notes) this.tell(`note: ${note}`)
      this.tell(mapBenchmarkText(row, dir, granule, count))
      return row
    })
  }
}
