import type { RunReport } from '@dmalab/api'
import { FOUNDING_STORY } from '@dmalab/lab'
import { compareText } from '@dmalab/report'
import { Args, Flags } from '@oclif/core'
import { BaseCommand, REPEATED } from '../base-command.ts'
import { IGNORE_STDIN, OR_STANDARD_INPUT } from '../files.ts'
import { type FailOnFlag, RUN_FLAGS } from '../run-flags.ts'
import { exitCodeFor, runScenario } from '../run-scenario.ts'

export default class Compare extends BaseCommand {
  static override summary = 'Run the same work on several kernels and show them side by side.'
  static override description = 'A report: exit code 0 when it could run, unless --fail-on is given.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> founding',
    '<%= config.bin %> <%= command.id %> founding --kernel arm@4.11 --kernel arm@4.11+nopage-rfc --kernel arm@6.12 --frames 10',
    '<%= config.bin %> <%= command.id %> founding --board imx8mp-evk',
  ]
  static override args = {
    scenario: Args.string({
      required: true,
      ...IGNORE_STDIN,
      description: `A gst-launch-1.0 line, 'founding', scenario file, ${OR_STANDARD_INPUT}`,
    }),
  }
  static override flags = {
    ...RUN_FLAGS,
    kernel: Flags.string({
      helpValue: 'KERNEL',
      char: 'k',
      summary:
        "A kernel (repeat for each column); the four founding kernels, or all for the board's architecture, when left out",
      ...REPEATED,
    }),
  }

  async run(): Promise<RunReport> {
    const { args, flags } = await this.parse(Compare)
    const { kernel, plugin, 'fail-on': failOn = 'never', cmdline, ...rest } = flags
    const report = await runScenario({
      ...rest,
      ...args,
      board: flags.board,
      cmdline,
      kernels: kernel,
      compare: true,
      plugins: this.plugins(plugin),
    })
    if (args.scenario === 'founding') this.log(FOUNDING_STORY)
    this.log(compareText(report))
    if (args.scenario === 'founding') this.log(nextStep(report.runs[0]?.kernel ?? 'arm@4.11'))
    process.exitCode = exitCodeFor(report, failOn as FailOnFlag)
    return report
  }
}

const nextStep = (kernel: string): string =>
  `\nNext: npm start -- run founding --kernel ${kernel}    (every step, the whole oops, all findings)`
