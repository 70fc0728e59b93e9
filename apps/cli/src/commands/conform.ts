import { type VectorReport } from '@dmalab/golden'
import { Args } from '@oclif/core'
import { BaseCommand, EXIT } from '../base-command.ts'
import { IGNORE_STDIN, OR_STANDARD_INPUT } from '../files.ts'
import { conform } from '../conform.ts'

export default class Conform extends BaseCommand {
  static override summary = 'Run golden vectors against this build.'
  static override description = `Each file is {"meta": {"topic": ...}, "cases": [...]}; its cases drive the same code as run.
Exit code 3 when a case failed or was skipped; 2 for a file that cannot be read or a topic that is not known.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> arm-rfc.json coherent-pool.json',
    '<%= config.bin %> <%= command.id %> vectors/*.json --json',
  ]
  static override strict = false
  static override args = {
    file: Args.string({
      required: true,
      ...IGNORE_STDIN,
      description: `Vector file, ${OR_STANDARD_INPUT}; several may be given`,
    }),
  }

  async run(): Promise<VectorReport | readonly VectorReport[]> {
    const { argv } = await this.parse(Conform)
    const reports = await conform(argv as string[], (file, { topic, cases, passed, failed, skipped }) =>
      this.log(`${file}: ${topic}: ${passed} of ${cases} passed, ${failed} failed, ${skipped} skipped`),
    )
    if (reports.some((report) => report.failed + report.skipped > 0)) process.exitCode = EXIT.found
    const [only] = reports
    return reports.length === 1 && only !== undefined ? only : reports
  }
}
