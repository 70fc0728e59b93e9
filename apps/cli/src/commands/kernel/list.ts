import { openRegistry } from '@dmalab/lab/node'
import { BaseCommand, PLUGIN_FLAG } from '../../base-command.ts'
import { type KernelList, listKernels } from '@dmalab/lab'

export default class KernelListCommand extends BaseCommand {
  static override summary = 'List kernels, and the patches that can be stacked on them.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --plugin ./my-patch.mjs',
  ]
  static override flags = PLUGIN_FLAG

  async run(): Promise<KernelList> {
    const { flags } = await this.parse(KernelListCommand)
    const list = listKernels(await openRegistry(this.plugins(flags.plugin)))
    this.tell('kernels')
    for (const { name, title } of list.kernels) this.tell(`  ${name.padEnd(14)} ${title}`)
    this.tell('patches, stacked with + in the order given')
    for (const { name, title, appliesTo } of list.patches)
      this.tell(`  +${name.padEnd(13)} ${title}${appliesTo.length > 0 ? ` (${byArch(appliesTo)})` : ''}`)
    return list
  }
}

/** `arm@6.1 6.12, arm64@6.12`: an architecture once. */
const byArch = (kernels: readonly string[]): string => {
  const arches = [...new Set(kernels.map((kernel) => kernel.split('@')[0] ?? ''))]
  return arches
    .map((arch) => {
      const releases = kernels.flatMap((kernel) =>
        kernel.startsWith(`${arch}@`) ? [kernel.slice(arch.length + 1)] : [],
      )
      return releases.length === 0 ? arch : `${arch}@${releases.join(' ')}`
    })
    .join(', ')
}
