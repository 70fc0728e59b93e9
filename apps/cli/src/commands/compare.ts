import type { RunReport, RunSpec } from '@dmalab/api'
import { FOUNDING_LINE, FOUNDING_STORY } from '@dmalab/lab'
import { openLaboratory } from '@dmalab/lab/node'
import { commandOf, compareText } from '@dmalab/report'
import { runSpec } from '@dmalab/runner'
import { Args, Flags } from '@oclif/core'
import { BaseCommand, REPEATED } from '../base-command.ts'
import { IGNORE_STDIN, OR_STANDARD_INPUT } from '../files.ts'
import { type FailOnFlag, RUN_FLAGS } from '../run-flags.ts'
import { exitCodeFor, openRun } from '../run-scenario.ts'
import { scenarioArgument, SPEC_FLAG, specFromFile } from '../spec-file.ts'

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
      ...IGNORE_STDIN,
      description: `A gst-launch-1.0 line, 'founding', scenario file, ${OR_STANDARD_INPUT}`,
    }),
  }
  static override flags = {
    ...RUN_FLAGS,
    ...SPEC_FLAG,
    kernel: Flags.string({
      helpValue: 'KERNEL',
      char: 'k',
      summary:
        "A kernel (repeat for each column); the four founding kernels, or all for the board's architecture, when left out",
      ...REPEATED,
    }),
  }

  async run(): Promise<RunReport> {
    const { args, flags, metadata } = await this.parse(Compare)
    const { kernel, plugin, spec: file, 'fail-on': failOn = 'never' } = flags
    const plugins = this.plugins(plugin)
    const { parts, spec } =
      file === undefined
        ? await openRun(
            {
              ...flags,
              scenario: scenarioArgument(args.scenario),
              board: flags.board,
              cmdline: flags.cmdline,
              kernels: kernel,
              compare: true,
            },
            plugins,
          )
        : { spec: await specFromFile(file, args.scenario, flags, metadata), parts: await openLaboratory(plugins) }
    const report = await runSpec(parts, spec)
    const founding = args.scenario === 'founding'
    if (founding) this.log(FOUNDING_STORY)
    this.log(compareText(report))
    if (founding) this.log(nextStep(spec))
    process.exitCode = exitCodeFor(report, failOn as FailOnFlag)
    return report
  }
}

const nextStep = (spec: RunSpec): string => {
  const one = { ...spec, kernels: spec.kernels.slice(0, 1) }
  const command = commandOf(one, { program: 'npm start --', lines: { founding: FOUNDING_LINE } })
  return `\nNext: ${command}    (every step, the whole oops, all findings)`
}
