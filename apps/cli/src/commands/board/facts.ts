import { dmaFacts } from '@dmalab/lab'
import { factsText } from '@dmalab/report'
import { Args } from '@oclif/core'
import { EXIT } from '../../bad-input.ts'
import { BaseCommand } from '../../base-command.ts'
import { badOnes, deviceTree, eachFile, filesOr, jsonOf } from '../../board/each-file.ts'
import { archFlag, overlayFlag } from '../../board/flags.ts'
import { IGNORE_STDIN, OR_STANDARD_INPUT } from '../../files.ts'

export default class BoardFacts extends BaseCommand {
  static override summary = 'State the DMA facts of device trees, as Linux 6.12 reads them.'
  static override description =
    'With --json: the whole schema (memory, reserved memory, dma-ranges, devices, IOMMUs, CPUs, caches, traps), an array for several files.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> my.dtb',
    '<%= config.bin %> <%= command.id %> *.dtb --arch arm64 --json',
    '<%= config.bin %> <%= command.id %> my.dtb --overlay camera.dtbo --overlay cma.dtbo',
    '<%= config.bin %> <%= command.id %> /sys/firmware/devicetree/base',
  ]
  static override args = {
    file: Args.string({
      ...IGNORE_STDIN,
      description: `Device tree blobs (or source, with dtc), ${OR_STANDARD_INPUT}; without it that of dmalab.yaml`,
    }),
  }
  static override strict = false
  static override flags = { arch: archFlag(), overlay: overlayFlag }

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(BoardFacts)
    const defaults = this.defaults()
    const facts = (reference: string, given: Uint8Array | undefined) => {
      const { blob, file, arch } = deviceTree(reference, flags.arch, { given, overlays: flags.overlay })
      return dmaFacts(blob, { file, arch })
    }
    const outcomes = await eachFile(filesOr(argv as string[], defaults), (reference, given) =>
      argv.length > 0 ? facts(reference, given) : defaults.opening(reference, () => facts(reference, given)),
    )
    for (const outcome of outcomes) if ('value' in outcome) this.tell(factsText(outcome.value))
    for (const error of badOnes(outcomes)) {
      process.exitCode = EXIT.input
      this.tellError(error)
    }
    return jsonOf(outcomes)
  }
}
