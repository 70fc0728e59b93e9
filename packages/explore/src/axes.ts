// What a machine and a kernel can be like in an exploration: one axis a property, each with the plain value first.
import type { KernelSpec } from '@dmalab/api'

export interface Axis {
  readonly name: string
  /** The plain one first. */
  readonly values: readonly string[]
  /** Its values are combined with those of others in pairs: what machine, sharing and failures are like. */
  readonly pairs: boolean
}

/** One value of each axis; what is not there is plain. */
export type Configuration = ReadonlyMap<string, string>

/** What a device is like; the plain one reaches all memory by its own address and snoops nothing. */
const DEVICE_KINDS = ['plain', 'coherent', 'iommu', 'coherent-iommu', 'offset', 'narrow', 'pooled'] as const

/**
 * - `outside`: a no-map region that lies beyond RAM
 * - `inside`: one between the ends of RAM
 * - `over-pages`: RAM that a board file declares a pool, with page structures and a linear mapping
 * - `two`: two regions, each on a device of its own below the exporter
 * - `shared`: the importer has the same region
 * - `2g`: 2 GiB of it
 * - `none`: ordinary memory
 */
const POOLS = ['outside', 'none', 'inside', 'over-pages', 'two', 'shared', '2g']

const SOURCES = ['coherent', 'dumb', 'user', 'pages', 'system-heap', 'udmabuf']
const ATTRS = ['none', 'NO_KERNEL_MAPPING', 'WRITE_COMBINE']
const SIZES = ['4096', '65536', '6000']
/** Operations whose first or second call fails; a rule of `@importer` counts calls for that device only. */
const FAILURES = [
  'none',
  'sgAlloc:1',
  'sgAlloc:2',
  'mapPage@importer:1',
  'mapPage@importer:2',
  'mapSg@importer:1',
  'getSgtable:1',
  'alloc:1',
  'iova:1',
  'pageTable:1',
  'pages:1',
  'vmap:1',
  'fd:1',
]
const CACHES = ['quiet', 'adverse-1', 'adverse-2']

const COMMAND_LINES: Readonly<Record<string, readonly string[]>> = {
  swiotlb: ['swiotlb=force'],
  'iommu.strict': ['iommu.strict=0'],
  'iommu.passthrough': ['iommu.passthrough=1'],
}

/** The axes of a kernel, in the order in which a configuration is reported. */
export const axesOf = ({ base }: KernelSpec, userSpace: readonly string[]): readonly Axis[] => {
  const switches = Object.entries(base.config).flatMap(([name, option]) =>
    typeof option.default === 'boolean' ? [`${name}=${option.default ? 'n' : 'y'}`] : [],
  )
  const lines = Object.keys(base.cmdline).flatMap((name) => COMMAND_LINES[name] ?? [])
  const kinds = DEVICE_KINDS.filter((kind) => kind !== 'pooled')
  return [
    { name: 'user space', values: userSpace, pairs: true },
    { name: 'memory', values: SOURCES, pairs: true },
    { name: 'pool', values: POOLS, pairs: true },
    { name: 'exporter', values: kinds, pairs: true },
    { name: 'importer', values: DEVICE_KINDS, pairs: true },
    { name: 'second importer', values: ['none', 'plain'], pairs: false },
    { name: 'config', values: ['default', ...switches], pairs: false },
    { name: 'command line', values: ['none', ...lines], pairs: false },
    { name: 'attributes', values: ATTRS, pairs: false },
    { name: 'size', values: SIZES, pairs: false },
    { name: 'failing call', values: FAILURES, pairs: true },
    { name: 'caches', values: CACHES, pairs: true },
  ]
}

/** The value of an axis, the plain one where the configuration says nothing. */
export const valueOf = (configuration: Configuration, axes: readonly Axis[], name: string): string =>
  configuration.get(name) ?? axes.find((axis) => axis.name === name)?.values[0] ?? ''
