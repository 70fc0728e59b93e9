import { runText } from '@dmalab/report'
import { Args, Flags } from '@oclif/core'
import type { RunReport } from '@dmalab/api'
import { createFtraceWriter } from '@dmalab/trace'
import { BaseCommand } from '../base-command.ts'
import { IGNORE_STDIN, OR_STANDARD_INPUT } from '../files.ts'
import { type FailOnFlag, RUN_FLAGS } from '../run-flags.ts'
import { writeText } from '../log/write-text.ts'
import { exitCodeFor, runScenario } from '../run-scenario.ts'

export default class Run extends BaseCommand {
  static override summary = 'Run a pipeline or scenario on one kernel, step by step, to a verdict.'
  static override description = `SCENARIO is a gst-launch-1.0 line in quotes, a scenario file, or 'founding': the report this laboratory grew from.
Exit code 0: it works; 3: it does not, or a finding reached --fail-on; 2: bad input.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> founding --kernel arm@4.11',
    '<%= config.bin %> <%= command.id %> founding --kernel arm@6.12 --ftrace out.trace',
    '<%= config.bin %> <%= command.id %> founding --kernel arm@4.11+nopage-rfc --frames 5 --size 1280x720',
    `<%= config.bin %> <%= command.id %> "filesrc location=a.mp4 ! qtdemux ! h264parse ! v4l2video4dec capture-io-mode=dmabuf ! kmssink" --json`,
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
        "arch@release, then +patch for each patch (dmalab kernel list); the scenario's or board's own when left out",
    }),
    ftrace: Flags.string({
      summary: 'Write the run as ftrace text, which `dmalab trace check` reads like the log of a real kernel',
      helpValue: 'FILE',
    }),
  }

  async run(): Promise<RunReport> {
    const { args, flags } = await this.parse(Run)
    const { kernel, plugin, ftrace, 'fail-on': failOn = 'error', cmdline, ...rest } = flags
    const log = ftrace === undefined ? undefined : createFtraceWriter()
    const report = await runScenario({
      ...rest,
      ...args,
      board: flags.board,
      cmdline,
      kernels: kernel === undefined ? [] : [kernel],
      plugins: this.plugins(plugin),
      ...(log === undefined ? {} : { onEvent: (event) => log.onEvent(event) }),
    })
    if (ftrace !== undefined && log !== undefined) writeText(ftrace, log.finish())
    this.log(runText(report))
    process.exitCode = exitCodeFor(report, failOn as FailOnFlag)
    return report
  }
}
