// What a machine and a kernel can be like in an exploration: one axis a property, each with the plain value first.
import type { KernelSpec } from '@dmalab/api'
import { type BoardParts, coherentPoolsOf } from './board-parts.ts'

export interface Axis {
  readonly name: string
  /** The plain one first. */
  readonly values: readonly string[]
  /** Those axes come in pairs of which one names a group of the other. */
  readonly group: Group
  readonly with: readonly Group[]
  /** Those of its values that the kernel's patches bring. */
  readonly own?: readonly string[]
}

/**
 * - `sharing`: who shares which memory how
 * - `device`: what devices are like
 * - `build`: configuration, command line, sizes, attributes
 * - `failure`, `schedule`: a call that fails, what the caches do in between
 */
type Group = 'sharing' | 'device' | 'build' | 'failure' | 'schedule'

/** One value of each axis; what is not there is plain. */
export type Configuration = ReadonlyMap<string, string>

/**
 * What a device is like; the plain one reaches all memory by its own address and snoops nothing. The driver of a `masking` one sets a
 * narrower mask when it is ready to; an `aligned` one needs the low bits of its addresses kept (min_align_mask).
 */
const EXPORTER_KINDS = ['plain', 'coherent', 'iommu', 'coherent-iommu', 'offset', 'narrow', 'masking'] as const
const IMPORTER_KINDS = [...EXPORTER_KINDS, 'pooled', 'restricted', 'aligned-restricted'] as const

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

const SOURCES = ['coherent', 'dumb', 'user', 'pages', 'highmem', 'system-heap', 'cma-heap', 'udmabuf', 'large-udmabuf']
const ATTRS = ['none', 'NO_KERNEL_MAPPING', 'WRITE_COMBINE', 'FORCE_CONTIGUOUS']
const SIZES = ['4096', '65536', '6000']
/** Operations whose n-th call fails; a rule of `@importer` counts calls for that device only. */
const FAILURES = [
  'none',
  'sgAlloc:1',
  'sgAlloc:2',
  'sgAlloc:3',
  'mapPage@importer:1',
  'mapPage@importer:2',
  'mapSg@importer:1',
  'mapSg@importer:2',
  'getSgtable:1',
  'alloc:1',
  'iova:1',
  'iova:2',
  'pageTable:1',
  'pageTable:2',
  'pages:1',
  'pages:2',
  'vmap:1',
  'fd:1',
]
const CACHES = ['quiet', 'adverse-1', 'adverse-2', 'adverse-3']

const COMMAND_LINES: Readonly<Record<string, readonly string[]>> = {
  swiotlb: ['swiotlb=force'],
  'iommu.strict': ['iommu.strict=0'],
  'iommu.passthrough': ['iommu.passthrough=1'],
}

/** The axes of a kernel, in the order in which a configuration is reported. */
export const axesOf = (
  { base, patches }: KernelSpec,
  userSpace: readonly string[],
  board: BoardParts | null,
): readonly Axis[] => {
  const switches = Object.entries(base.config).flatMap(([name, option]) =>
    typeof option.default === 'boolean' ? [`${name}=${option.default ? 'n' : 'y'}`] : [],
  )
  const lines = Object.keys(base.cmdline).flatMap((name) => COMMAND_LINES[name] ?? [])
  const own = [...new Set(patches.flatMap((patch) => Object.keys(patch.attrs ?? {})))]
  const sharing = { group: 'sharing', with: ['sharing', 'device', 'build', 'failure', 'schedule'] } as const
  const device = { group: 'device', with: ['device', 'build', 'failure', 'schedule'] } as const
  const build = { group: 'build', with: [] } as const
  return [
    { name: 'user space', values: userSpace, ...sharing },
    { name: 'memory', values: board === null ? SOURCES : SOURCES.filter((one) => one !== 'highmem'), ...sharing },
    ...(board === null
      ? [
          { name: 'pool', values: POOLS, ...sharing },
          { name: 'ram', values: ['lowmem', 'highmem'], ...sharing },
        ]
      : [{ name: 'pool', values: poolsOn(board), ...sharing }]),
    { name: 'exporter', values: board?.exporters ?? EXPORTER_KINDS, ...device },
    { name: 'importer', values: board?.importers ?? IMPORTER_KINDS, ...device },
    { name: 'second importer', values: secondsOn(board), group: 'build', with: [] },
    { name: 'direction', values: ['one way', 'both ways'], ...build },
    { name: 'config', values: ['default', ...switches], ...build },
    { name: 'command line', values: ['none', ...lines], ...build },
    { name: 'attributes', values: [...ATTRS, ...own], ...build, own },
    { name: 'size', values: SIZES, ...build },
    { name: 'failing call', values: FAILURES, group: 'failure', with: [] },
    { name: 'caches', values: CACHES, group: 'schedule', with: [] },
  ]
}

const poolsOn = ({ machine, exporters }: BoardParts): readonly string[] =>
  exporters.some((name) => coherentPoolsOf(machine, name).length > 0) ? ['of the board', 'none'] : ['none']

const secondsOn = (board: BoardParts | null): readonly string[] =>
  board === null ? ['none', 'plain'] : ['none', ...(board.second === null ? [] : [board.second])]

/** The value of an axis, the plain one where the configuration says nothing. */
export const valueOf = (configuration: Configuration, axes: readonly Axis[], name: string): string =>
  configuration.get(name) ?? axes.find((axis) => axis.name === name)?.values[0] ?? ''
