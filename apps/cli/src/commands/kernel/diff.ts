import { openRegistry } from '@dmalab/lab/node'
import { Args } from '@oclif/core'
import { BaseCommand, PLUGIN_FLAG } from '../../base-command.ts'
import { diffKernels, type KernelDiff } from '@dmalab/lab'

export default class KernelDiffCommand extends BaseCommand {
  static override summary = 'Show what changed between two kernels, and what a user sees of it.'
  static override description =
    'Show what changed between two kernels, and what a user sees of it.\nOne record a difference: about which release has it first, the file and function of the kernel, and whether real kernels were measured or the source was read.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> arm64@6.1 arm64@6.12',
    '<%= config.bin %> <%= command.id %> arm64@6.8 6.11',
    '<%= config.bin %> <%= command.id %> arm64@6.12 arm64@7.2 --json',
  ]
  static override args = {
    from: Args.string({ required: true, description: 'arch@release, then +patch for each patch' }),
    to: Args.string({
      required: true,
      description: 'the other kernel; a release alone is of the same architecture, and their order does not matter',
    }),
  }
  static override flags = PLUGIN_FLAG

  async run(): Promise<KernelDiff> {
    const { args, flags } = await this.parse(KernelDiffCommand)
    const diff = diffKernels(await openRegistry(this.plugins(flags.plugin)), args.from, args.to)
    this.tell(diffText(diff).join('\n'))
    return diff
  }
}

const diffText = ({ from, to, notes, records, facts, patches }: KernelDiff): readonly string[] => [
  `${from} -> ${to}: ${records.length === 1 ? '1 difference' : `${records.length} differences`}`,
  ...notes.map((note) => `  note: ${note}`),
  ...records.flatMap(({ id, since, source, proof, seen }) => [
    `  ${id} (since about v${since}, ${proof === 'measured' ? 'measured on real kernels' : 'read in the source'})`,
    `    ${source}`,
    `    ${seen}`,
  ]),
  ...facts.map((fact) => `  fact ${fact.name}: ${fact.from} -> ${fact.to}`),
  ...patches.from.map((name) => `  only ${from} has +${name}`),
  ...patches.to.map((name) => `  only ${to} has +${name}`),
]
