import { DIR } from '@dmalab/api'
import { FOUNDING_BOARD } from '@dmalab/lab'
import { openLaboratory } from '@dmalab/lab/node'
import { type MapBenchmark, mapBenchmark, openLab, parseKernel, withOptions } from '@dmalab/runner'
import { parseKernelOptions } from '@dmalab/scenario'
import { Flags } from '@oclif/core'
import { BaseCommand, PLUGIN_FLAG, REPEATED } from '../../base-command.ts'
import { boardFor } from '../../board-for.ts'

const DIRECTIONS = { TO_DEVICE: DIR.TO_DEVICE, FROM_DEVICE: DIR.FROM_DEVICE, BIDIRECTIONAL: DIR.BIDIRECTIONAL } as const

export default class BenchMap extends BaseCommand {
  static override summary = "Measure what the kernel's dma_map_benchmark measures, on the model."
  static override description = `One thread maps and unmaps a buffer of --granule pages, --count times; averages and standard deviations are printed in the
kernel tool's terms. The figures are the cost of the model on this machine, not of any hardware.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> --kernel arm@4.11 --device converter --granule 16',
    '<%= config.bin %> <%= command.id %> --board rk3399-rockpro64 --kernel arm64@6.12 --device codec --json',
  ]
  static override flags = {
    board: Flags.string({
      helpValue: 'BOARD',
      char: 'b',
      summary: 'Board by name, a board file, or a device tree',
      default: FOUNDING_BOARD,
    }),
    kernel: Flags.string({
      helpValue: 'KERNEL',
      char: 'k',
      summary: 'A kernel (repeat for each row)',
      multiple: true,
      multipleNonGreedy: true,
      default: ['arm@4.11'],
    }),
    device: Flags.string({ helpValue: 'DEVICE', summary: 'Device that maps', default: 'converter' }),
    granule: Flags.integer({
      helpValue: 'PAGES',
      char: 'g',
      summary: 'Pages of each mapping',
      default: 1,
      min: 1,
      max: 1024,
    }),
    dir: Flags.option({ options: ['TO_DEVICE', 'FROM_DEVICE', 'BIDIRECTIONAL'] as const })({
      char: 'd',
      summary: 'Direction',
      default: 'BIDIRECTIONAL',
    }),
    count: Flags.integer({
      helpValue: 'COUNT',
      char: 'n',
      summary: 'Mappings to measure',
      default: 10_000,
      min: 1,
      max: 10_000_000,
    }),
    config: Flags.string({
      helpValue: 'NAME[=VALUE]',
      summary: 'Kernel configuration: NAME or NAME=value',
      ...REPEATED,
    }),
    cmdline: Flags.string({ helpValue: 'TEXT', summary: 'Kernel command line, such as "swiotlb=force"' }),
    ...PLUGIN_FLAG,
  }

  async run(): Promise<readonly MapBenchmark[]> {
    const { flags } = await this.parse(BenchMap)
    const parts = await openLaboratory(this.plugins(flags.plugin))
    const machine = await boardFor(parts.registry, flags.board)
    const options = parseKernelOptions(flags.config, flags.cmdline ?? '')
    return flags.kernel.map((name) => {
      const lab = openLab(parts, { machine, kernel: withOptions(parseKernel(name, parts.registry), options) })
      const { granule, count } = flags
      const row = mapBenchmark(lab, lab.device(flags.device), { granule, count, dir: DIRECTIONS[flags.dir] })
      this.log(`${row.kernel}, ${row.device} (${row.ops}): dir:${flags.dir} granule:${granule} count:${count}`)
      for (const [what, { average, deviation }] of [
        ['map', row.map],
        ['unmap', row.unmap],
      ] as const)
        this.log(`  average ${what} latency(us):${average.toFixed(2)} standard deviation:${deviation.toFixed(2)}`)
      return row
    })
  }
}
