import { InputError } from '@dmalab/api'
import { openRegistry } from '@dmalab/lab/node'
import { Args } from '@oclif/core'
import { BaseCommand, PLUGIN_FLAG } from '../../base-command.ts'
import { type KernelShow, showKernel } from '@dmalab/lab'
import { defaultKernel } from '../../board-for.ts'

export default class KernelShowCommand extends BaseCommand {
  static override summary = 'Show a kernel: its op tables, and what each patch changes, in order.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> arm@4.11+pfn-valid+nopage-rfc',
    '<%= config.bin %> <%= command.id %> arm64@6.8',
  ]
  static override args = {
    kernel: Args.string({
      description:
        'arch@release, then +patch for each patch; of a release that is not modelled, the nearest one; without it that of dmalab.yaml',
    }),
  }
  static override flags = PLUGIN_FLAG

  async run(): Promise<KernelShow> {
    const { args, flags } = await this.parse(KernelShowCommand)
    const registry = await openRegistry(this.plugins(flags.plugin))
    const kernel = args.kernel ?? (await defaultKernel(registry, this.defaults()))
    if (kernel === undefined)
      throw new InputError('name a kernel, such as arm64@6.12', {}, 'dmalab kernel list has their names')
    const shown = showKernel(registry, kernel)
    this.tell(kernelText(shown).join('\n'))
    return shown
  }
}

const kernelText = (kernel: KernelShow): string[] => [
  `${kernel.name}: ${kernel.title}`,
  `  models ${kernel.source}`,
  ...kernel.notes.map((note) => `  note: ${note}`),
  ...kernel.ops.map(
    ({ name, caps }) =>
      `  op table ${name}: ${Object.entries(caps)
        .map(([cap, value]) => `${cap} ${String(value)}`)
        .join(', ')}`,
  ),
  ...kernel.patches.flatMap((patch, i) => [
    `${i + 1}. +${patch.name}: ${patch.title}`,
    `   ${patch.source}`,
    ...patch.hunks.map((hunk, n) => `   hunk ${n + 1}  ${hunk.file}: ${hunk.symbol}: ${hunk.what}`),
    ...patch.leftOut.map((hunk) => `   left out  ${hunk.file}: ${hunk.symbol}: ${hunk.what}`),
    ...patch.functions.map(({ symbol, tables }) => `   function ${symbol}, called by op tables ${tables.join(', ')}`),
    ...(patch.changes.length === 0 ? [] : [`   changes ${patch.changes.join(', ')}`]),
  ]),
  ...Object.entries(kernel.config).map(
    ([name, option]) => `  --config ${name} (default ${String(option.default)}): ${option.meaning}`,
  ),
  ...Object.entries(kernel.cmdline).map(([name, meaning]) => `  --cmdline ${name}: ${meaning}`),
  ...Object.entries(kernel.lacks).map(([name, why]) => `  no ${name}: ${why}`),
]
