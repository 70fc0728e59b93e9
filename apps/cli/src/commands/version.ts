import { PLUGIN_API, RUN_SPEC_VERSION } from '@dmalab/api'
import { listKernels } from '@dmalab/lab'
import { openRegistry } from '@dmalab/lab/node'
import { BaseCommand, PLUGIN_FLAG } from '../base-command.ts'
import { buildHash } from '../sweep/build-hash.ts'

interface VersionReport {
  readonly version: string
  /** Of all code, plug-ins included: two builds with the same one give the same results. */
  readonly build: string
  /** The number that plug-ins state. */
  readonly contract: number
  readonly runSpec: number
  readonly node: string
  readonly platform: string
  readonly kernels: readonly string[]
  readonly patches: readonly string[]
  readonly boards: number
  /** Installed plug-ins, and those of --plugin. */
  readonly plugins: readonly string[]
}

export default class Version extends BaseCommand {
  static override summary = 'Say which dmalab this is: version, build, kernels, and the number of the plug-in contract.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']
  static override flags = PLUGIN_FLAG

  async run(): Promise<VersionReport> {
    const { flags } = await this.parse(Version)
    const sources = this.plugins(flags.plugin)
    const registry = await openRegistry(sources)
    const { kernels, patches } = listKernels(registry)
    const report = {
      version: this.config.version,
      build: buildHash(this.config.root, sources, flags.plugin),
      contract: PLUGIN_API,
      runSpec: RUN_SPEC_VERSION,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      kernels: kernels.map(({ name }) => name),
      patches: patches.map(({ name }) => name),
      boards: registry.boards.names().length,
      plugins: [...(sources.installed ?? []).map(({ name }) => name), ...flags.plugin],
    }
    this.tell(versionText(report).join('\n'))
    return report
  }
}

const versionText = ({ kernels, patches, plugins, ...report }: VersionReport): readonly string[] => [
  `dmalab ${report.version}, build ${report.build}`,
  `  plug-in contract ${report.contract}, run specification ${report.runSpec}`,
  `  Node ${report.node} on ${report.platform}`,
  `  ${kernels.length} kernels: ${kernels.join(', ')}`,
  `  ${patches.length} patches, ${report.boards} boards`,
  `  plug-ins: ${plugins.length === 0 ? 'none' : plugins.join(', ')}`,
]
