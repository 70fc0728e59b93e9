import type { RunReport, RunSpec } from '@dmalab/api'
import { FOUNDING_STORY, type RunHead } from '@dmalab/lab'
import { commandOf, compareResultText, headText } from '@dmalab/report'
import { Flags } from '@oclif/core'
import { BaseCommand, REPEATED } from '../base-command.ts'
import { PAGE_FLAGS, wantsPage, writePage } from '../page.ts'
import { checkTarget } from '../write-file.ts'
import { type FailOnFlag, PERMALINK_FLAG, RUN_FLAGS } from '../run-flags.ts'
import { exitCodeFor, openParsed, permalinkOf, runForPage, runSuggesting } from '../run-scenario.ts'
import { SCENARIO_ARG, SPEC_FLAG } from '../spec-file.ts'

export default class Compare extends BaseCommand {
  static override summary = 'Run the same work on several kernels and show them side by side.'
  static override description = 'A report: exit code 0 when it could run, unless --fail-on is given.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> founding',
    '<%= config.bin %> <%= command.id %> founding --kernel arm@4.11 --kernel arm@4.11+nopage-rfc --kernel arm@6.12 --frames 10',
    '<%= config.bin %> <%= command.id %> founding --board imx8mp-evk',
    '<%= config.bin %> <%= command.id %> founding --html founding.html',
  ]
  static override args = { scenario: SCENARIO_ARG }
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
    ...PAGE_FLAGS,
    ...PERMALINK_FLAG,
  }

  async run(): Promise<RunReport | { readonly permalink: string }> {
    const parsed = await this.parse(Compare)
    const { kernel: kernels, plugin, 'fail-on': failOn = 'never' } = parsed.flags
    const { parts, spec } = await openParsed(
      parsed,
      { kernels, compare: true, defaults: this.defaults() },
      this.plugins(plugin),
    )
    if (parsed.flags.permalink) {
      const link = await permalinkOf(spec)
      this.log(link.permalink)
      return link
    }
    const { bundle, html, ...flags } = parsed.flags
    if (html !== undefined) checkTarget(html, [parsed.args, flags, bundle, spec])
    const founding = parsed.args.scenario === 'founding'
    const control = {
      bundle,
      onHead: (head: RunHead) => {
        if (founding) this.tell(FOUNDING_STORY)
        this.log(headText(head, this.columns))
      },
    }
    const view = wantsPage(parsed.flags) ? await runForPage(parts, spec, control) : undefined
    const report = view?.report ?? (await runSuggesting(parts, spec, control))
    if (view !== undefined) await writePage(this.config.root, view, parsed.flags, (text) => this.note(text))
    this.log(compareResultText(report, { spec, columns: this.columns }))
    if (founding) this.tell(nextStep(spec))
    process.exitCode = exitCodeFor(report, failOn as FailOnFlag)
    return report
  }
}

const nextStep = (spec: RunSpec): string => {
  const one = { ...spec, kernels: spec.kernels.slice(0, 1) }
  const lines = 'line' in spec.work ? { founding: spec.work.line } : {}
  const command = commandOf(one, { program: process.env.DMALAB_PROGRAM ?? 'dmalab', lines })
  return `\nNext: ${command}    (every step)`
}
