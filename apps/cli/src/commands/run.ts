import type { RunReport } from '@dmalab/api'
import { openLaboratory } from '@dmalab/lab/node'
import { runText } from '@dmalab/report'
import { runSpec } from '@dmalab/runner'
import { createFtraceWriter } from '@dmalab/trace'
import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../base-command.ts'
import { IGNORE_STDIN, OR_STANDARD_INPUT } from '../files.ts'
import { writeText } from '../log/write-text.ts'
import { type FailOnFlag, RUN_FLAGS } from '../run-flags.ts'
import { exitCodeFor, openRun } from '../run-scenario.ts'
import { scenarioArgument, SPEC_FLAG, specFromFile } from '../spec-file.ts'

export default class Run extends BaseCommand {
  static override summary = 'Run a pipeline or scenario on one kernel, step by step, to a verdict.'
  static override description = `SCENARIO is a gst-launch-1.0 line in quotes, a scenario file, or 'founding': the report this laboratory grew from.
Exit code 0: it works; 3: it does not, or a finding reached --fail-on; 2: bad input.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> founding --kernel arm@4.11',
    '<%= config.bin %> <%= command.id %> founding --kernel arm@6.12 --ftrace out.trace',
    '<%= config.bin %> <%= command.id %> founding --kernel arm@4.11+nopage-rfc --frames 5 --size 1280x720',
    `<%= config.bin %> <%= command.id %> "filesrc location=a.mp4 ! qtdemux ! h264parse ! v4l2video4dec capture-io-mode=dmabuf ! kmssink" --json`,
    '<%= config.bin %> <%= command.id %> --spec run.json',
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
        "arch@release, then +patch for each patch (dmalab kernel list); the scenario's or board's own when left out",
    }),
    ftrace: Flags.string({
      summary: 'Write the run as ftrace text, which `dmalab trace check` reads like the log of a real kernel',
      helpValue: 'FILE',
    }),
  }

  async run(): Promise<RunReport> {
    const { args, flags, metadata } = await this.parse(Run)
    const { kernel, plugin, ftrace, spec: file, 'fail-on': failOn = 'error' } = flags
    const plugins = this.plugins(plugin)
    const { parts, spec } =
      file === undefined
        ? await openRun(
            {
              ...flags,
              scenario: scenarioArgument(args.scenario),
              board: flags.board,
              cmdline: flags.cmdline,
              kernels: kernel === undefined ? [] : [kernel],
            },
            plugins,
          )
        : { spec: await specFromFile(file, args.scenario, flags, metadata), parts: await openLaboratory(plugins) }
    const log = ftrace === undefined ? undefined : createFtraceWriter()
    const report = await runSpec(parts, spec, log === undefined ? {} : { onEvent: (event) => log.onEvent(event) })
    if (ftrace !== undefined && log !== undefined) writeText(ftrace, log.finish())
    this.log(runText(report))
    process.exitCode = exitCodeFor(report, failOn as FailOnFlag)
    return report
  }
}
