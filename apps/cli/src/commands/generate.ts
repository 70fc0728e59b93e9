import { basename } from 'node:path'
import { InputError } from '@dmalab/api'
import {
  type HunkReport,
  patchProject,
  PROJECT_KINDS,
  type ProjectKind,
  projectFiles,
  readDiff,
  remark,
  reportOf,
  tryLine,
} from '@dmalab/generate'
import { explainedCodes, modelledOperations, type Registry } from '@dmalab/lab'
import { openRegistry } from '@dmalab/lab/node'
import { table } from '@dmalab/report'
import { Args, Flags } from '@oclif/core'
import { BaseCommand, PLUGIN_FLAG } from '../base-command.ts'
import { OR_STANDARD_INPUT, readText } from '../files.ts'
import { isFolder, isThere, namesIn } from '../paths.ts'
import { writeInFolder } from '../write-file.ts'

interface GenerateReport {
  readonly kind: string
  readonly name: string
  readonly folder: string
  /** Below the folder. */
  readonly files: readonly string[]
  /** With --from: the hunks of the diff, in its order, and what each one touches. */
  readonly hunks: readonly HunkReport[] | null
}

export default class Generate extends BaseCommand {
  static override summary = 'Write a project of a plug-in, with its test and a README that is a tutorial.'
  static override description = `KIND is ${PROJECT_KINDS.join(', ')}. The project builds, passes its test and runs in \`dmalab run\` as it is.
With --from, a patch is written from a real kernel diff: one entry a hunk, in its order, and a place for the code of each function that dmalab models.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> patch my-patch',
    '<%= config.bin %> <%= command.id %> patch my-patch --from 0001-my.patch',
    '<%= config.bin %> <%= command.id %> driver my-camera --folder plug-ins/my-camera',
  ]
  static override args = {
    kind: Args.string({ required: true, options: [...PROJECT_KINDS], description: 'What the plug-in brings' }),
    name: Args.string({ required: true, description: 'Name of the plug-in and of what it brings' }),
  }
  static override flags = {
    from: Flags.string({
      helpValue: 'FILE',
      summary: `A kernel diff, or a mail with one in it, ${OR_STANDARD_INPUT}; for KIND patch`,
    }),
    folder: Flags.string({
      helpValue: 'FOLDER',
      summary: 'Folder to write, which must be new or empty; without it, NAME',
    }),
    ...PLUGIN_FLAG,
  }

  async run(): Promise<GenerateReport> {
    const { args, flags } = await this.parse(Generate)
    const { name } = args
    const kind = PROJECT_KINDS.find((one) => one === args.kind) ?? 'patch'
    if (flags.from !== undefined && kind !== 'patch') throw new InputError(`--from is for patches, not for ${kind}`)
    const { version } = this.config
    const { from } = flags
    const diff = from === undefined ? undefined : readDiff(await readText(from), from)
    const registry = await openRegistry(this.plugins(flags.plugin))
    checkFree(registry, kind, name)
    const hunks = diff === undefined ? null : reportOf(diff, modelledOperations(registry))
    const files =
      hunks === null || from === undefined
        ? projectFiles(kind, name, version)
        : patchProject(name, hunks, { title: diff?.title ?? null, file: basename(from), version })
    const folder = flags.folder ?? name
    checkNew(folder)
    for (const { path, text } of files) writeInFolder(folder, path, text)
    if (hunks !== null) this.log(hunksText(hunks, this.columns))
    for (const one of diff?.withoutHunk ?? []) this.tell(`${one.file}: ${one.what}, without a hunk`)
    this.tell(`${folder}: ${files.length} files. Next, in that folder:`)
    this.tell(`  npm install && npm test`)
    this.tell(
      hunks === null
        ? `  ${this.config.bin} ${tryLine(kind, name)} --plugin .`
        : `  ${this.config.bin} kernel show KERNEL+${name} --plugin .`,
    )
    return { kind, name, folder, files: files.map(({ path }) => path), hunks }
  }
}

/** @throws InputError for a name that something of this kind has: the plug-in could not be loaded beside it */
const checkFree = (registry: Registry, kind: ProjectKind, name: string): void => {
  const names: Readonly<Record<ProjectKind, readonly string[]>> = {
    arch: [...registry.arches.names(), ...registry.boardArches()],
    kernel: registry.kernels.names().map((kernel) => kernel.split('@')[1] ?? ''),
    allocator: registry.allocators.names(),
    patch: registry.patches.names(),
    board: registry.boards.names(),
    driver: registry.drivers.names(),
    check: registry.rules.names(),
  }
  const isCode = kind === 'check' && explainedCodes().some(({ code }) => code === name)
  if (isCode || names[kind].includes(name))
    throw new InputError(
      `there is ${kind === 'allocator' || kind === 'arch' ? 'an' : 'a'} ${kind} ${name} already`,
      {},
      `another name, such as my-${name}`,
    )
}

/** Nothing is written over, and no link is followed. @throws InputError for a place that holds something */
const checkNew = (folder: string): void => {
  if (!isThere(folder)) return
  if (!isFolder(folder)) throw new InputError('there is a file of that name', { file: folder })
  if (namesIn(folder).length > 0)
    throw new InputError('the folder is not empty', { file: folder }, 'name another one with --folder')
}

const hunksText = (hunks: readonly HunkReport[], columns: number): string =>
  table(
    ['hunk', 'file', 'function', 'lines', 'by'],
    hunks.map(({ number, file, symbol, added, removed, touches }) => [
      String(number),
      file,
      symbol,
      `+${added} -${removed}`,
      remark(touches),
    ]),
    columns,
  )
