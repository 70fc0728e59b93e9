import type { RunReport } from '@dmalab/api'
import { createFtraceWriter } from '@dmalab/lab'
import { runText } from '@dmalab/report'
import { Flags } from '@oclif/core'
import { BaseCommand } from '../base-command.ts'
import { checkTarget, writeText } from '../write-file.ts'
import { type FailOnFlag, RUN_FLAGS } from '../run-flags.ts'
import { exitCodeFor, openParsed, runSuggesting } from '../run-scenario.ts'
import { SCENARIO_ARG, SPEC_FLAG } from '../spec-file.ts'

export default class Run extends BaseCommand {
  static override summary = 'Run a pipeline or scenario on one kernel, step by step, to a verdict.'
  static override description = `SCENARIO is a gst-launch-1.0 line in quotes, a scenario file, or 'founding': the bug report that dmalab began with.
Exit code 0: it works; 3: it does not, or a finding reached --fail-on; 2: bad input.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> founding --kernel arm@4.11',
    '<%= config.bin %> <%= command.id %> founding --kernel arm@6.12 --ftrace out.trace',
    '<%= config.bin %> <%= command.id %> founding --kernel arm@4.11+nopage-rfc --frames 5 --size 1280x720',
    `<%= config.bin %> <%= command.id %> "filesrc location=a.mp4 ! qtdemux ! h264parse ! v4l2video4dec capture-io-mode=dmabuf ! kmssink" --json`,
    '<%= config.bin %> <%= command.id %> --spec run.json',
  ]
  static override args = { scenario: SCENARIO_ARG }
  static override flags = {
    ...RUN_FLAGS,
    ...SPEC_FLAG,
    kernel: Flags.string({
      helpValue: 'KERNEL',
      char: 'k',
      summary:
        "arch@release, then +patch for each patch (dmalab kernel list); 6.12 alone is for the board's architecture; of a release that is not modelled the nearest runs; the scenario's or board's own when left out",
    }),
    ftrace: Flags.string({
      summary: 'Write the run as ftrace text, which `dmalab trace check` reads like the log of a real kernel',
      helpValue: 'FILE',
    }),
  }

  async run(): Promise<RunReport> {
    const parsed = await this.parse(Run)
    const { kernel, plugin, ftrace, 'fail-on': failOn = 'error', ...flags } = parsed.flags
    const kernels = kernel === undefined ? [] : [kernel]
    const { parts, spec } = await openParsed(parsed, { kernels, usual: this.settings() }, this.plugins(plugin))
    if (ftrace !== undefined) checkTarget(ftrace, [parsed.args, flags, plugin, spec])
    const log = ftrace === undefined ? undefined : createFtraceWriter()
    const report = await runSuggesting(parts, spec, {
      bundle: parsed.flags.bundle,
      ...(log === undefined ? {} : { onEvent: (event) => log.onEvent(event) }),
    })
    if (ftrace !== undefined && log !== undefined) writeText(ftrace, log.finish())
    this.log(runText(report, { spec, columns: this.columns }))
    process.exitCode = exitCodeFor(report, failOn as FailOnFlag)
    return report
  }
}
