// The schema of a board's DMA facts (schema 1). Names are those of the JSON that `board facts` prints.
// Addresses and sizes are strings "0x..." because they take up to 64 bits; counts and cache properties are numbers.
import type { FdtHeader } from '../fdt/header.ts'
import type { DebianArch } from '../of/architectures.ts'

export type Hex = `0x${string}`

/** Tag of a shape that trips readers. */
export type Trap = string

export interface HexRange {
  readonly base: Hex
  readonly size: Hex
}

/** What a device tree says, whatever bytes it came in. */
export type TreeFacts = Omit<DmaFacts, 'sha256'>

export interface DmaFacts {
  readonly schema: 1
  readonly file: string
  readonly arch: DebianArch
  readonly sha256: string
  readonly bytes: number
  readonly header: FdtHeader
  readonly counts: {
    readonly nodes: number
    readonly properties: number
    readonly max_depth: number
    readonly phandles: number
    readonly compatible_nodes: number
    readonly disabled_nodes: number
    readonly longest_property: number
  }
  readonly model: string | null
  readonly compatible: readonly string[]
  readonly root: { readonly address_cells: number | null; readonly size_cells: number | null }
  readonly bootargs: string | null
  readonly symbols: number
  readonly memreserve: readonly { readonly address: Hex; readonly size: Hex }[]
  readonly memory: readonly MemoryNode[]
  readonly reserved_memory: ReservedMemory | null
  /** At most 4096: a damaged blob may have millions. */
  readonly overlaps: readonly Overlap[]
  readonly reserved_outside_memory: readonly string[]
  readonly dma_buses: readonly DmaBusFacts[]
  readonly dma_max_cpu_address: Hex
  readonly dma_bus_status_counts: Readonly<Record<string, number>>
  readonly devices: readonly DeviceNode[]
  readonly iommus: readonly IommuNode[]
  readonly cpus: readonly CpuNode[]
  readonly caches: readonly CacheNode[]
  readonly traps: readonly Trap[]
}

export interface MemoryNode {
  readonly path: string
  readonly enabled: boolean
  readonly source: 'reg' | 'linux,usable-memory' | null
  readonly hotpluggable: boolean
  readonly regions: readonly HexRange[]
  readonly ignored_zero_size: number
}

export interface ReservedMemory {
  readonly address_cells: number | null
  readonly size_cells: number | null
  readonly ranges: 'missing' | 'empty' | 'nonempty'
  readonly linux_usable: boolean
  readonly regions: readonly RegionNode[]
}

export type RegionKind =
  | 'cma'
  | 'coherent-pool'
  | 'coherent-pool-refused-on-arm32'
  | 'swiotlb-pool'
  | 'contradictory'
  | 'vendor'
  | 'carveout'
  | 'incomplete'

export type RegionResult =
  | 'static'
  | 'dynamic'
  | 'skipped-disabled'
  | 'ignored-unusable-node'
  | 'nothing-zero-size'
  | 'rejected-reg-length'
  | 'rejected-size-length'
  | 'rejected-alignment-length'
  | 'rejected-alloc-ranges-length'
  | 'skipped-no-reg-no-size'

export interface RegionNode {
  readonly path: string
  readonly name: string
  readonly phandle: number | null
  readonly enabled: boolean
  readonly compatible: readonly string[]
  readonly reg: readonly HexRange[] | null
  readonly reg_leftover_cells?: number
  readonly size: Hex | null
  readonly size_bad_length?: number
  readonly alignment: Hex | null
  readonly alignment_bad_length?: number
  readonly alloc_ranges: readonly HexRange[] | null
  readonly iommu_addresses?: readonly { readonly device: string | null; readonly base: Hex; readonly size: Hex }[]
  readonly no_map: boolean
  readonly reusable: boolean
  readonly linux_cma_default: boolean
  readonly linux_dma_default: boolean
  readonly kind: RegionKind
  readonly placement: 'static' | 'dynamic' | null
  readonly linux_result: RegionResult
  readonly users: readonly string[]
}

export interface Overlap extends HexRange {
  readonly a: string
  readonly b: string
}

export interface DmaBusFacts {
  readonly path: string
  readonly enabled: boolean
  readonly reachable: boolean
  readonly empty: boolean
  readonly bus_type?: string
  readonly cells?: { readonly child: number; readonly parent: number; readonly size: number }
  readonly entries: readonly {
    readonly bus: Hex
    readonly parent: Hex
    readonly size: Hex
    readonly flags_cell?: Hex
  }[]
  readonly map: readonly { readonly dma_start: Hex; readonly cpu_start: Hex; readonly size: Hex }[]
  readonly untranslatable?: number
  readonly leftover_cells?: number
  readonly result?: 'ok' | 'EINVAL'
  readonly bus_dma_limit?: Hex | null
  readonly users: number
}

/** Classes of media devices as device trees have them. */
export type MediaClass = 'codec' | 'capture' | 'isp' | 'display' | '2d' | 'gpu'

export interface MemoryRegionRef {
  readonly phandle: number
  readonly path: string | null
  readonly target: 'reserved-memory' | 'other' | 'missing'
  readonly target_enabled?: boolean
}

export interface IommuRef {
  readonly iommu: string | null
  readonly args: readonly Hex[]
  readonly iommu_enabled?: boolean
  readonly error?: 'missing-phandle' | 'missing-#iommu-cells' | 'short'
}

export interface DeviceNode {
  readonly path: string
  readonly compatible: readonly string[]
  readonly enabled: boolean
  readonly reachable: boolean
  readonly class: MediaClass | null
  readonly memory_region?: readonly MemoryRegionRef[]
  readonly memory_region_names?: readonly string[] | null
  readonly iommus?: readonly IommuRef[]
  readonly iommu_names?: readonly string[] | null
  readonly iommu_map?: readonly {
    readonly id_base: Hex
    readonly iommu: string | null
    readonly out_base: Hex
    readonly length: Hex
  }[]
  readonly iommu_map_mask?: Hex | null
  readonly interconnects?: readonly { readonly node: string | null; readonly args: readonly number[] }[]
  readonly interconnect_names?: readonly string[] | null
  readonly dma_parent: string | null
  readonly dma_bus: string | null
  readonly dma_bus_status: 'ok' | 'none' | 'cut'
  readonly dma_bus_spec?: string
  readonly coherent: boolean
  readonly coherent_decided_by: string | null
}

export interface IommuNode {
  readonly path: string
  readonly compatible: readonly string[]
  readonly iommu_cells: number | null
  readonly enabled: boolean
  /** Of the walker itself. */
  readonly coherent: boolean
}

export interface CpuNode {
  readonly path: string
  readonly compatible: readonly string[]
  readonly reg: readonly Hex[] | null
  readonly enabled: boolean
  readonly next_level_cache: string | null
  readonly [cacheProperty: string]: unknown
}

export interface CacheNode {
  readonly path: string
  readonly compatible: readonly string[]
  readonly enabled: boolean
  readonly outer: boolean
  /** PL310 and its like: `arm,*` and `prefetch-*`; a flag is true. */
  readonly arm?: Readonly<Record<string, readonly number[] | true>>
  readonly next_level_cache: string | null
  readonly [cacheProperty: string]: unknown
}
