import { InputError, type ViewData, type ViewKind } from '@dmalab/api'
import { openFiles, type Opened, type RunParts, type Usual, usualSpec, viewRuns, viewTrace } from '@dmalab/lab'
import { MOST, readWhole } from '@dmalab/api/node'
import { inputTools, isDeviceTree, openLaboratory, readDeviceTree, readTrace } from '@dmalab/lab/node'
import { shellCommand } from '@dmalab/report'
import { Args, Flags } from '@oclif/core'
import { BaseCommand, PLUGIN_FLAG } from '../base-command.ts'
import { usualOf } from '../board-for.ts'
import { givenBytes, IGNORE_STDIN, OR_STANDARD_INPUT } from '../files.ts'
import { isFolder } from '../paths.ts'
import { writePage } from '../page.ts'
import { checkTarget } from '../write-file.ts'

/** What was written. */
interface ViewReport {
  readonly page: string
  /** Null: the page without data. */
  readonly shows: ViewKind | null
}

/** A trace that trace-cmd wrote begins so: it is read through trace-cmd. */
const TRACE_DAT = [0x17, 0x08, 0x44]

export default class View extends BaseCommand {
  static override summary = 'Look at a run, log, tree, scenario or report in the browser.'
  static override description = `Without FILE the explorer opens with the founding comparison; whatever is dropped on it is read there, by this computer alone.
FILE is a scenario or a spec, which is run; a board or device tree, of which the suggested line is run; an ftrace log; what run, compare, sweep, explore or diagnose printed with --json; anything else, and several files, are diagnosed together.`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> out.trace',
    '<%= config.bin %> <%= command.id %> my.dtb --html my-board.html --no-open',
    '<%= config.bin %> sweep boards.yaml --json | <%= config.bin %> <%= command.id %> -',
  ]
  static override strict = false
  static override args = {
    file: Args.string({
      ...IGNORE_STDIN,
      description: `Scenario, spec, board, tree, log or report, ${OR_STANDARD_INPUT}`,
    }),
  }
  static override flags = {
    html: Flags.string({ helpValue: 'FILE', summary: 'Where the page is written; without it in a temporary folder' }),
    open: Flags.boolean({ summary: 'Open it in the browser', default: true, allowNo: true }),
    ...PLUGIN_FLAG,
  }

  async run(): Promise<ViewReport> {
    const { argv, flags } = await this.parse(View)
    const files = argv.map(String)
    if (flags.html !== undefined) checkTarget(flags.html, [files, flags.plugin])
    const data = files.length === 0 ? null : await this.viewOf(files, flags.plugin)
    const page = await writePage(this.config.root, data, flags, (text) => this.note(text))
    this.log(page)
    return { page, shows: data?.kind ?? null }
  }

  /** @throws InputError for a file that is not there, and for one with a mistake */
  private async viewOf(files: readonly string[], plugins: readonly string[]): Promise<ViewData> {
    const parts = await openLaboratory(this.plugins(plugins))
    const usual = usualOf(parts.registry, this.defaults())
    const given = await Promise.all(
      files.map(async (file) => ({ name: file, bytes: (await givenBytes(file)) ?? bytesOf(file) })),
    )
    const [first] = given
    if (first !== undefined && given.length === 1 && TRACE_DAT.every((byte, i) => first.bytes[i] === byte))
      return viewTrace(
        first.name,
        (onEvent) => readTrace(first.name, onEvent),
        shellCommand(['dmalab', 'trace', 'check', first.name]),
      )
    return shownOf(parts, await openFiles(parts, given, inputTools, usual), usual)
  }
}

const bytesOf = (file: string): Uint8Array => {
  if (!isFolder(file)) return readWhole(file, MOST.data)
  if (isDeviceTree(file)) return readDeviceTree(file).content
  throw new InputError('this is a folder', { file }, 'dmalab diagnose reads all files of a folder')
}

const shownOf = async (parts: RunParts, opened: Opened, usual: Usual): Promise<ViewData> => {
  switch (opened.got) {
    case 'view':
      return opened.view
    case 'spec':
      return viewRuns(parts, opened.spec)
    case 'work': {
      const { work, file } = opened
      const isLine = !/\n/.test(work.trim()) && work.includes('!')
      return viewRuns(
        parts,
        await usualSpec(parts.registry, { work: isLine ? { line: work } : { scenario: work, file } }, usual),
      )
    }
    case 'board':
      throw new InputError(
        opened.why,
        {},
        'name a kernel for this board: dmalab run ... --board FILE --kernel KERNEL --html FILE',
      )
    default:
      return opened satisfies never
  }
}
