import type { Event, RunReport } from '@dmalab/api'
import { createFtraceWriter, type RunHead } from '@dmalab/lab'
import { headText, runResultText } from '@dmalab/report'
import { Flags } from '@oclif/core'
import { BaseCommand } from '../base-command.ts'
import { PAGE_FLAGS, wantsPage, writePage } from '../page.ts'
import { checkTarget, writeText } from '../write-file.ts'
import { type FailOnFlag, PERMALINK_FLAG, RUN_FLAGS } from '../run-flags.ts'
import { exitCodeFor, openParsed, permalinkOf, runForPage, runSuggesting } from '../run-scenario.ts'
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
    '<%= config.bin %> <%= command.id %> founding --html founding.html --open',
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
    ...PAGE_FLAGS,
    ...PERMALINK_FLAG,
  }

  async run(): Promise<RunReport | { readonly permalink: string }> {
    const parsed = await this.parse(Run)
    const { kernel, plugin, ftrace, html, 'fail-on': failOn = 'error', ...flags } = parsed.flags
    const kernels = kernel === undefined ? [] : [kernel]
    const { parts, spec } = await openParsed(parsed, { kernels, defaults: this.defaults() }, this.plugins(plugin))
    if (parsed.flags.permalink) {
      const link = await permalinkOf(spec)
      this.log(link.permalink)
      return link
    }
    for (const file of [ftrace, html]) if (file !== undefined) checkTarget(file, [parsed.args, flags, plugin, spec])
    const log = ftrace === undefined ? undefined : createFtraceWriter()
    const control = {
      bundle: parsed.flags.bundle,
      onHead: (head: RunHead) => this.log(headText(head, this.columns)),
      ...(log === undefined ? {} : { onEvent: (event: Event) => log.onEvent(event) }),
    }
    const view = wantsPage(parsed.flags) ? await runForPage(parts, spec, control) : undefined
    const report = view?.report ?? (await runSuggesting(parts, spec, control))
    if (view !== undefined) await writePage(this.config.root, view, parsed.flags, (text) => this.note(text))
    if (ftrace !== undefined && log !== undefined) writeText(ftrace, log.finish())
    this.log(runResultText(report, { spec, columns: this.columns }))
    process.exitCode = exitCodeFor(report, failOn as FailOnFlag)
    return report
  }
}
