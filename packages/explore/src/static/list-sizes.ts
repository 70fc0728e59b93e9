// How long a scatterlist gets by configuration, before and after a patch.
import type { ConfigurationValues, KernelSpec } from '@dmalab/api'
import { kernelFacts, type RunParts, withOptions } from '@dmalab/runner'

export interface ListSize {
  readonly configuration: ConfigurationValues
  readonly message: string
  /** Entries of one page before the patch. */
  readonly before: number
}

const PAGE = 4096
/** SG_CHUNK_SIZE: lists of the block layer and SCSI come from pools of so many entries. */
const CHUNK = 128

/** Configurations in which the patch lets an entry grow: the usual one, each switch turned, each two. */
export const listSizes = (parts: RunParts, kernel: KernelSpec, base: KernelSpec): readonly ListSize[] => {
  const switches = Object.entries(kernel.base.config).flatMap(([name, option]) =>
    typeof option.default === 'boolean' ? [[name, !option.default] as const] : [],
  )
  const chosen = [
    [],
    ...switches.map((one) => [one]),
    ...switches.flatMap((one, i) => switches.slice(i + 1).map((two) => [one, two])),
  ]
  const told = new Set<string>()
  return chosen.flatMap((options) => {
    const config = Object.fromEntries(options)
    if (kernel.patches.some(({ requires }) => Object.keys(requires ?? {}).some((name) => config[name] === false)))
      return []
    const size = (of: KernelSpec): number =>
      kernelFacts(withOptions(of, { config, cmdline: {} }), parts.registry).sgEntrySize
    const [before, after] = [size(base), size(kernel)]
    const key = `${before} ${after}`
    if (after <= before || told.has(key)) return []
    told.add(key)
    const [many, few] = [before, after].map((bytes) => Math.floor(PAGE / bytes))
    const pool =
      before * CHUNK <= PAGE && after * CHUNK > PAGE ? `; a pool of ${CHUNK} entries no longer fits a page` : ''
    return [
      {
        configuration:
          options.length === 0 ? {} : { config: options.map(([name, on]) => `${name}=${on ? 'y' : 'n'}`).join(' ') },
        message: `struct scatterlist grows from ${before} to ${after} bytes: ${few} entries a page instead of ${many}${pool}`,
        before: many ?? 0,
      },
    ]
  })
}
