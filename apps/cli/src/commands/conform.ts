import { failureLines, recordsDetails, recordsSummary, stepLines } from '@dmalab/lab/golden'
import { Args, Flags } from '@oclif/core'
import { EXIT } from '../bad-input.ts'
import { BaseCommand } from '../base-command.ts'
import { conform, type ConformReport } from '../conform.ts'
import { fidelityWriter } from '../fidelity-writer.ts'
import { IGNORE_STDIN, OR_STANDARD_INPUT } from '../files.ts'

export default class Conform extends BaseCommand {
  static override summary = 'Run golden vectors and differential records against this build.'
  static override description = `A vector file is {"meta": {"topic": ...}, "cases": [...]}; its cases drive the same code as run.
A file of differential records has one JSON object a line: a program that a real kernel ran, and what each step gave. Its kernels and
machines are named in kernels.json and machines.json, beside it or one folder up; programs of one boot run in one laboratory.
Exit code 3 when a case failed or was not run; 2 for a file that cannot be read or a topic that is not known.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> arm-rfc.json coherent-pool.json',
    '<%= config.bin %> <%= command.id %> vectors/*.json --json',
    '<%= config.bin %> <%= command.id %> differential/a64-612d-plain.jsonl',
    '<%= config.bin %> <%= command.id %> differential/a64-612d-plain.jsonl --only 12',
    '<%= config.bin %> <%= command.id %> vectors/*.json differential/*.jsonl --page fidelity.md',
  ]
  static override strict = false
  static override args = {
    file: Args.string({
      required: true,
      ...IGNORE_STDIN,
      description: `File of vectors or records, ${OR_STANDARD_INPUT}; several may be given`,
    }),
  }
  static override flags = {
    show: Flags.integer({ default: 1, min: 0, helpValue: 'N', summary: 'Print so many failing cases a file' }),
    page: Flags.string({
      helpValue: 'FILE.md',
      summary:
        'Write what proves each kernel, operation by operation, to this page, and its counts beside it (FILE.json)',
    }),
    only: Flags.string({
      helpValue: 'ID',
      summary: 'Of differential records: this program, step by step (what ran before it on its boot runs first)',
    }),
  }

  async run(): Promise<ConformReport | readonly ConformReport[]> {
    const { argv, flags } = await this.parse(Conform)
    const page = flags.page === undefined ? undefined : fidelityWriter(flags.page, argv.map(String))
    const reports = await conform(argv as string[], {
      ...(page === undefined ? {} : { page }),
      ...(flags.only === undefined ? {} : { only: flags.only, onStep: (_record, step) => this.lines(stepLines(step)) }),
      onReport: (file, report) => this.tellReport(file, report, flags.show),
    })
    await page?.write()
    if (reports.some((report) => report.failed + report.skipped > 0)) process.exitCode = EXIT.found
    const [only] = reports
    return reports.length === 1 && only !== undefined ? only : reports
  }

  private tellReport(file: string, report: ConformReport, show: number): void {
    if ('differences' in report) {
      this.tell(`${file}: ${recordsSummary(report)}`)
      return this.lines(recordsDetails(report, show))
    }
    const { topic, cases, passed, failed, skipped } = report
    this.tell(`${file}: ${topic}: ${passed} of ${cases} passed, ${failed} failed, ${skipped} skipped`)
    this.lines(failureLines(report, show))
  }

  private lines(lines: readonly string[]): void {
    for (const line of lines) this.tell(line)
  }
}
