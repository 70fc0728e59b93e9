import { InputError, type Severity } from '@dmalab/api'
import { lintDtb, lintMachine, parseMemory, statesMemory } from '@dmalab/lab'
import { isDeviceTree, openBoard, openRegistry } from '@dmalab/lab/node'
import { lintText } from '@dmalab/report'
import { Args, Flags } from '@oclif/core'
import { EXIT } from '../../bad-input.ts'
import { BaseCommand, PLUGIN_FLAG } from '../../base-command.ts'
import { badOnes, deviceTree, eachFile, filesOr, jsonOf } from '../../board/each-file.ts'
import { archFlag, memoryFlag, overlayFlag } from '../../board/flags.ts'
import { IGNORE_STDIN, OR_STANDARD_INPUT } from '../../files.ts'

const FAILING = { error: ['error'], warning: ['error', 'warning'], never: [] } as const

export default class BoardLint extends BaseCommand {
  static override summary = 'Find what is wrong or unwise about DMA on a board.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> my.dtb',
    '<%= config.bin %> <%= command.id %> my.dtb --memory 8GiB --overlay cma.dtbo',
    '<%= config.bin %> <%= command.id %> *.dtb --fail-on warning --json',
  ]
  static override args = {
    file: Args.string({
      ...IGNORE_STDIN,
      description: `Device tree blobs (or source, with dtc), board files, shipped boards, ${OR_STANDARD_INPUT}; without it that of dmalab.yaml`,
    }),
  }
  static override strict = false
  static override flags = {
    arch: archFlag(),
    memory: memoryFlag,
    overlay: overlayFlag,
    'fail-on': Flags.option({
      options: ['error', 'warning', 'never'] as const,
      default: 'never' as const,
      summary: 'Exit with 3 from this severity on',
    })(),
    ...PLUGIN_FLAG,
  }

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(BoardLint)
    const arches = (await openRegistry(this.plugins(flags.plugin))).boardArches()
    const { overlay: overlays = [] } = flags
    const defaults = this.defaults()
    const lint = (reference: string, given: Uint8Array | undefined) => {
      if (!isDeviceTree(reference, given)) {
        if (flags.memory !== undefined)
          throw new InputError(`--memory ${flags.memory.join(' ')}: board ${reference} states its memory`)
        return { file: reference, findings: lintMachine(openBoard(reference, { arches }, { given, overlays })) }
      }
      const { blob, file, arch } = deviceTree(reference, flags.arch, { given, overlays })
      const usual = flags.memory !== undefined || statesMemory(blob, { file, arch }) ? undefined : defaults.memory()
      return { file, arch, findings: lintDtb(blob, { file, arch, ...parseMemory(flags.memory ?? usual ?? []) }) }
    }
    const files = filesOr(argv as string[], defaults)
    const outcomes = await eachFile(files, (reference, given) =>
      argv.length > 0 ? lint(reference, given) : defaults.opening(reference, () => lint(reference, given)),
    )
    const failing: readonly Severity[] = FAILING[flags['fail-on']]
    for (const outcome of outcomes) {
      if (!('value' in outcome)) continue
      const { file, findings } = outcome.value
      this.tell(lintText(file, findings))
      if (findings.some((finding) => failing.includes(finding.severity))) process.exitCode = EXIT.found
    }
    for (const error of badOnes(outcomes)) {
      process.exitCode = EXIT.input
      this.tellError(error)
    }
    return jsonOf(outcomes)
  }
}
