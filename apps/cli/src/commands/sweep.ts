import { InputError, type PointResult, type RunReport, type SweepReport } from '@dmalab/api'
import { explainCode, inlineExecutor, parseShard, readSweepReport, runSpec, sweepChanges, viewSweep } from '@dmalab/lab'
import {
  isBad,
  runText,
  shellCommand,
  sweepCsv,
  sweepJunit,
  sweepMarkdown,
  sweepSarif,
  sweepText,
} from '@dmalab/report'
import { Args } from '@oclif/core'
import { EXIT } from '../bad-input.ts'
import { BaseCommand } from '../base-command.ts'
import { IGNORE_STDIN, OR_STANDARD_INPUT, readText } from '../files.ts'
import { wantsPage, writePage } from '../page.ts'
import { fileUri } from '../log/file-uri.ts'
import { buildHash } from '../sweep/build-hash.ts'
import { SWEEP_FLAGS, specWith } from '../sweep/flags.ts'
import { openSweep, type OpenSweep, readWords, threads } from '../sweep/open-sweep.ts'
import { firstOfCauses, pointCommands } from '../sweep/point-commands.ts'
import { loadQueue } from '../sweep/queue.ts'
import { runPlan } from '../sweep/run-plan.ts'
import { checkTarget } from '../write-file.ts'

export default class Sweep extends BaseCommand {
  static override summary =
    'Run many points that differ in board, kernel, pipeline or options, and show them as a matrix.'
  static override description = `SPEC is a sweep file (docs/sweeps.md), or work: gst-launch-1.0 lines, scenario files, founding, suggested.
A flag that is repeated is an axis; it takes the place of the same axis of the sweep file.
A report: exit code 0 when it could run, 3 with --fail-on error or --baseline when something is not as it should be.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> founding --kernel arm@4.11 --kernel arm@4.11+nopage-rfc --size 640x480 --size 1920x1080',
    '<%= config.bin %> <%= command.id %> suggested --board all --kernel all --frames 2',
    '<%= config.bin %> <%= command.id %> boards.yaml --journal boards.jsonl --html boards.html',
    '<%= config.bin %> <%= command.id %> boards.yaml --baseline yesterday.json',
    '<%= config.bin %> <%= command.id %> boards.yaml --queue redis://:secret@192.0.2.1:6379',
  ]
  static override strict = false
  static override args = {
    spec: Args.string({ ...IGNORE_STDIN, description: `A sweep file, ${OR_STANDARD_INPUT}, or work` }),
  }
  static override flags = SWEEP_FLAGS

  async run(): Promise<SweepReport | RunReport> {
    const { argv, flags } = await this.parse(Sweep)
    const words = argv.map(String)
    const { base, folder, work } = await readWords(words)
    const spec = specWith(base, work, flags)
    const plugins = this.plugins(spec.plugins)
    if (flags.html !== undefined) checkTarget(flags.html, [words, { ...flags, html: undefined }, spec])
    const sweep = await openSweep(spec, folder, plugins, this.defaults())
    if (flags.why !== undefined) return this.showPoint(sweep, flags.why)
    const baseline =
      flags.baseline === undefined ? undefined : readSweepReport(await readText(flags.baseline), flags.baseline)
    const build = buildHash(this.config.root, plugins, spec.plugins)
    const { queue, 'point-time': seconds, 'point-memory': memoryLimit, workers: count } = flags
    const limits = { timeLimit: seconds * 1000, memoryLimit }
    const report = await runPlan({
      sweep,
      build,
      journal: flags.journal,
      join: flags.join,
      ...(flags.shard === undefined ? {} : { shard: parseShard(flags.shard) }),
      executor: async (tell) =>
        queue === undefined
          ? count === 0
            ? inlineExecutor(sweep.parts)
            : threads(this.config.root, plugins, { ...limits, threads: count })
          : (await loadQueue()).queueExecutor({ url: queue, build, tell }, limits),
    })
    const firsts = await firstOfCauses(sweep.plan, report)
    const commandOf = pointCommands(firsts, this.argv)
    const changes = baseline === undefined ? undefined : sweepChanges(baseline, report)
    if (wantsPage(flags)) {
      const points = firsts.map(({ id, spec: point }) => [id, { command: commandOf(id), spec: point }] as const)
      const view = viewSweep(report, Object.fromEntries(points), shellCommand(['dmalab', 'sweep', ...this.argv]))
      await writePage(this.config.root, view, flags, (text) => this.note(text))
    }
    if (flags.report === 'csv') this.log(sweepCsv(report))
    else if (flags.report === 'markdown') this.log(sweepMarkdown(report, commandOf))
    else if (flags.report === 'junit') this.log(sweepJunit(report))
    else if (flags.report === 'sarif') {
      const uri = base === undefined || words[0] === '-' ? null : fileUri(words[0] ?? '')
      this.log(JSON.stringify(sweepSarif(report, { version: this.config.version, explain: explainCode, uri }), null, 2))
    } else this.tell(sweepText(report, { commandOf, ...(changes === undefined ? {} : { changes }) }))
    const failing = flags['fail-on'] === 'error' && report.points.some(({ result }) => isFailure(result))
    const worse = flags['fail-on'] !== 'never' && changes?.some((change) => change.worse) === true
    if (failing || worse) process.exitCode = EXIT.found
    return report
  }

  /** One point in full, as `dmalab run` shows it. */
  private async showPoint({ parts, plan }: OpenSweep, id: string): Promise<RunReport> {
    for await (const point of plan.points())
      if (point.id === id) {
        const report = await runSpec(parts, point.spec)
        this.log(runText(report))
        return report
      }
    throw new InputError(`--why ${id}: the sweep has no such point`, {}, 'its --json lists the ids of its points')
  }
}

const isFailure = (result: PointResult): boolean =>
  isBad(result) || (result.kind === 'ran' && result.findings.some(({ severity }) => severity === 'error'))
