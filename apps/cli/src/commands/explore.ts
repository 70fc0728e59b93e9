import { join } from 'node:path'
import { EXPLORE_BOUND, type ExploreReport, InputError, newDefects } from '@dmalab/api'
import { explainDefect, explore, type ExploreWork, viewExploration } from '@dmalab/lab'
import { boardFor, openLaboratory } from '@dmalab/lab/node'
import {
  defectFiles,
  exploreJunit,
  exploreSarif,
  exploreText,
  type ExploreToolOptions,
  shellCommand,
} from '@dmalab/report'
import { Flags } from '@oclif/core'
import { EXIT } from '../bad-input.ts'
import { BaseCommand, PLUGIN_FLAG, REPEATED } from '../base-command.ts'
import { memoryFlag, overlayFlag } from '../board/flags.ts'
import { boardOf, defaultKernel } from '../board-for.ts'
import { readBaseline } from '../explore/baseline.ts'
import { readJournal, writeFound, writeHead, writeSearched } from '../explore/journal.ts'
import { withHalt } from '../explore/halt.ts'
import { isThere } from '../paths.ts'
import { searchOnWorkers } from '../explore/workers.ts'
import { OR_STANDARD_INPUT } from '../files.ts'
import { PAGE_FLAGS, wantsPage, writePage } from '../page.ts'
import { checkTarget } from '../write-file.ts'

export default class Explore extends BaseCommand {
  static override summary = 'Find out what can go wrong with a kernel or a patch, and the smallest scenario of each.'
  static override description = `Steps of drivers and user space are tried in every order, on machines with every property, alone and two together.
What goes wrong is compared with the kernel below the patch and with ordinary memory, made small, and written as a scenario.
Exit code 3 when a kernel with a patch has a defect that the kernel below it has not, and with --baseline when there is one that the baseline
has not; else 0. A baseline is what an earlier run with --json printed.
SIGINT and SIGTERM end the search: what was found until then is told and written, and with --out the same command goes on with --resume.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> --kernel arm@4.11+nopage-rfc --out found',
    '<%= config.bin %> <%= command.id %> --kernel arm@4.11+nopage-rfc --configurations single --states 40',
    '<%= config.bin %> <%= command.id %> --kernel arm64@6.12 --board rk3399-rockpro64 --devices vpu,vop',
    '<%= config.bin %> <%= command.id %> --plugin ./my-patch.mjs --kernel arm@4.11+my-patch --json > known.json',
    '<%= config.bin %> <%= command.id %> --plugin ./my-patch.mjs --kernel arm@4.11+my-patch --baseline known.json --format junit',
  ]
  static override flags = {
    kernel: Flags.string({
      char: 'k',
      helpValue: 'KERNEL',
      summary: 'arch@release, then +patch for each patch (dmalab kernel list); without it that of dmalab.yaml',
    }),
    board: Flags.string({
      char: 'b',
      helpValue: 'BOARD',
      summary: `Explore on this board instead of machines made for it: a name (dmalab board list), a board file, a device tree (.dtb), ${OR_STANDARD_INPUT}`,
    }),
    devices: Flags.string({
      helpValue: 'DEVICE',
      dependsOn: ['board'],
      summary:
        'Devices of the board: exporter, importer, perhaps a second importer; without it one of each kind, in both parts',
      delimiter: ',',
      multiple: true,
      multipleNonGreedy: true,
    }),
    memory: memoryFlag,
    overlay: overlayFlag,
    depth: Flags.integer({
      helpValue: 'STEPS',
      min: 1,
      max: 40,
      default: EXPLORE_BOUND.depth,
      summary: 'Steps of the longest scenario',
    }),
    states: Flags.integer({
      helpValue: 'COUNT',
      min: 1,
      default: EXPLORE_BOUND.states,
      summary: 'States that are expanded at most in one configuration',
    }),
    configurations: Flags.string({
      options: ['single', 'pairwise', 'all'],
      default: EXPLORE_BOUND.configurations,
      summary: 'Each property alone, each two together, or all combinations',
    }),
    seed: Flags.integer({
      helpValue: 'NUMBER',
      min: 0,
      max: 0xffff_ffff,
      default: 1,
      summary: 'Seed of every pattern and walk',
    }),
    time: Flags.integer({
      helpValue: 'SECONDS',
      min: 1,
      summary: 'Stop the search after so long; what was found is reported',
    }),
    workers: Flags.integer({
      helpValue: 'COUNT',
      min: 1,
      max: 64,
      default: 2,
      summary: 'Threads that search; the result is the same',
    }),
    out: Flags.string({
      helpValue: 'FOLDER',
      summary: 'Write a scenario file for each defect, with its board, and the journal',
    }),
    resume: Flags.boolean({
      dependsOn: ['out'],
      summary: 'Go on where an exploration with the same --out stopped',
    }),
    only: Flags.string({
      helpValue: 'PROPERTY=VALUE',
      summary: 'Only machines and kernels whose other properties are plain, such as importer=iommu',
      ...REPEATED,
    }),
    baseline: Flags.string({
      helpValue: 'FILE',
      summary: 'A report that an earlier run printed with --json: its defects are known',
    }),
    format: Flags.option({ options: ['text', 'sarif', 'junit'] as const })({
      default: 'text',
      exclusive: ['json'],
      summary: 'What to print',
    }),
    ...PAGE_FLAGS,
    ...PLUGIN_FLAG,
  }

  async run(): Promise<ExploreReport> {
    const { flags } = await this.parse(Explore)
    const { seed, depth, states, workers, out } = flags
    const configurations = configurationsOf(flags.configurations)
    if (flags.html !== undefined) checkTarget(flags.html, { ...flags, html: undefined })
    const sources = this.plugins(flags.plugin)
    const laboratory = await openLaboratory(sources)
    const { registry } = laboratory
    const defaults = this.defaults()
    const kernel = flags.kernel ?? (await defaultKernel(registry, defaults))
    if (kernel === undefined)
      throw new InputError('name a kernel: --kernel arch@release+patch', {}, 'dmalab kernel list has their names')
    const baseline = flags.baseline === undefined ? null : readBaseline(flags.baseline, kernel)
    const work: ExploreWork = {
      kernel,
      ...(flags.board === undefined
        ? {}
        : {
            board: await boardOf(flags, { registry, defaults }, boardFor),
          }),
      ...(flags.devices === undefined ? {} : { devices: flags.devices }),
      seed,
      bound: { depth, states, configurations },
      only: flags.only,
    }
    const journal = out === undefined ? undefined : join(out, 'journal.jsonl')
    const known = journal !== undefined && flags.resume ? readJournal(journal, work) : undefined
    if (journal !== undefined && known === undefined) {
      if (isThere(journal)) checkTarget(journal, { ...flags, out: undefined })
      writeHead(journal, work)
    }
    const task = { work, plugins: { given: sources.given ?? [], installed: sources.installed ?? [] } }
    return withHalt(flags.time, async (halt) => {
      const report = await explore(work, {
        laboratory,
        ...(known === undefined ? {} : { known }),
        searchAll: (numbers, done) => searchOnWorkers(workers, this.config.root, task, numbers, done, halt.isDue),
        onSearched: (number, searched) => {
          if (journal !== undefined) writeSearched(journal, number, searched)
        },
      })
      if (journal !== undefined)
        writeFound(
          journal,
          report.defects.flatMap((defect) => defectFiles(defect, report.kernel)),
        )
      if (wantsPage(flags)) {
        const view = viewExploration(report, shellCommand(['dmalab', 'explore', ...this.argv]))
        await writePage(this.config.root, view, flags, (text) => this.note(text))
      }
      const told = { explain: explainDefect, baseline: baseline ?? new Set<string>() }
      this.print(report, flags.format, out, told)
      const fresh = newDefects(report).filter(({ id }) => !told.baseline.has(id))
      if (halt.wasInterrupted()) this.tellInterrupted(out)
      if ((report.base !== null || baseline !== null) && fresh.length > 0) process.exitCode = EXIT.found
      return report
    })
  }

  private print(report: ExploreReport, format: string, out: string | undefined, told: ExploreToolOptions): void {
    if (format === 'sarif') this.log(JSON.stringify(exploreSarif(report, this.config.version, told), null, 2))
    else if (format === 'junit') this.log(exploreJunit(report, told))
    else
      this.tell(
        exploreText(report, {
          ...told,
          commandOf: ({ scenario }) =>
            out === undefined || scenario === null ? null : `dmalab run ${join(out, `${scenario.name}.yaml`)}`,
        }),
      )
  }

  /** What was found is told; what was not looked at has not passed. */
  private tellInterrupted(out: string | undefined): void {
    const hint =
      out === undefined
        ? 'with --out FOLDER the exploration can go on where it stopped'
        : 'the same command with --resume goes on where it stopped'
    this.tellError(new InputError('interrupted', {}, hint))
    process.exitCode = EXIT.input
  }
}

const configurationsOf = (text: string): 'single' | 'pairwise' | 'all' => {
  if (text === 'single' || text === 'pairwise' || text === 'all') return text
  throw new InputError(`--configurations ${text} is none of single, pairwise, all`)
}
