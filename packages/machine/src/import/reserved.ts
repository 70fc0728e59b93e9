// Reserved memory of a device tree -> regions of a machine: what Linux reserves, with a place for what has none.
import { type AssumedFact, bytes, type Range, type ReservedRegion } from '@dmalab/api'
import type { TreeFacts, HexRange, RegionNode } from '../facts/types.ts'
import { FreeMemory, roundUp, toNumber, toPages } from './physical-memory.ts'
import { TREE_RULES } from '../of/architectures.ts'
import type { Part } from './parts.ts'

export interface ImportedReserved extends Part<readonly ReservedRegion[]> {
  /** Names of the regions that a node became, by its path. */
  readonly names: ReadonlyMap<string, readonly string[]>
}

/** Smallest alignment of a CMA area with 4 KiB pages: a page block. Models: Linux v6.12 include/linux/cma.h: CMA_MIN_ALIGNMENT_BYTES */
const CMA_ALIGNMENT = 4 * 2 ** 20
/** What a kernel configures where the device tree has no default area: CMA_SIZE_MBYTES of many kernels. */
const DEFAULT_CMA = 64 * 2 ** 20
const FOUR_GIB = 2 ** 32

export function importReserved(facts: TreeFacts, banks: readonly Range[]): ImportedReserved {
  const regions: ReservedRegion[] = []
  const notes: string[] = []
  const assumed: AssumedFact[] = []
  const names = new Map<string, readonly string[]>()
  for (const [index, { address, size }] of facts.memreserve.entries()) {
    const range = toPages({ base: BigInt(address), size: BigInt(size) })
    if (range !== undefined) regions.push({ name: `memreserve-${index}`, ...range, noMap: false, reusable: false })
  }
  const nodes = facts.reserved_memory?.regions ?? []
  for (const node of nodes) {
    const left = leftOut(node)
    if (left !== undefined) notes.push(`${node.path} is left out: ${left}`)
    else if (node.placement === 'static') {
      const made = staticRegions(node, unused(node.name, regions))
      regions.push(...made)
      names.set(
        node.path,
        made.map((region) => region.name),
      )
    }
  }
  const free = new FreeMemory(banks, regions)
  for (const node of nodes) {
    if (node.linux_result !== 'dynamic' || leftOut(node) !== undefined) continue
    const region = placedRegion(node, unused(node.name, regions), free)
    if (region === undefined)
      notes.push(`${node.path} is left out: no room for ${bytes(toNumber(BigInt(node.size ?? 0)))}`)
    else {
      regions.push(region)
      names.set(node.path, [region.name])
      notes.push(
        `${node.path}: placed here as high as memory is free; where a kernel puts it depends on image and loader`,
      )
    }
  }
  if (!regions.some((region) => region.default === 'cma')) {
    const base = free.place(DEFAULT_CMA, CMA_ALIGNMENT, [{ base: 0, len: cmaLimit(facts) }])
    if (base !== undefined) {
      regions.push({
        name: 'cma',
        base,
        len: DEFAULT_CMA,
        compatible: 'shared-dma-pool',
        noMap: false,
        reusable: true,
        default: 'cma',
      })
      const why = `the device tree has no default area; ${bytes(DEFAULT_CMA)} of a kernel's configuration`
      notes.push(`cma: ${why}`)
      assumed.push({ fact: 'cma', why })
    }
  }
  return { value: regions, notes, names, assumed }
}

/** Two nodes may have one name, and a node any: regions are told apart by number. */
function unused(name: string, regions: readonly ReservedRegion[]): string {
  const taken = (candidate: string): boolean =>
    regions.some((region) => region.name === candidate || region.name.startsWith(`${candidate}#`))
  let candidate = name
  for (let count = 2; taken(candidate); count++) candidate = `${name}.${count}`
  return candidate
}

/** Why Linux makes nothing of a node; undefined when it makes a region. */
function leftOut(node: RegionNode): string | undefined {
  if (node.kind === 'contradictory') return 'its flags contradict each other, so Linux gives the memory back'
  if (node.kind === 'coherent-pool-refused-on-arm32') return '32-bit ARM takes no coherent pool without no-map'
  switch (node.linux_result) {
    case 'static':
    case 'dynamic':
      return undefined
    case 'skipped-disabled':
      return 'it is disabled'
    case 'ignored-unusable-node':
      return 'Linux ignores /reserved-memory: its cells differ from those of the root, or it has no ranges'
    case 'nothing-zero-size':
      return 'its size is zero'
    case 'skipped-no-reg-no-size':
      return 'it has neither reg nor size'
    default:
      return `Linux refuses it (${node.linux_result})`
  }
}

/** Only the first entry of reg becomes a pool; the others are reserved all the same. */
function staticRegions(node: RegionNode, name: string): ReservedRegion[] {
  return (node.reg ?? []).flatMap((entry, index) => {
    const range = toPages(big(entry))
    if (range === undefined) return []
    if (index === 0) return [regionOf(node, name, range)]
    return [{ name: `${name}#${index}`, ...range, noMap: node.no_map, reusable: false }]
  })
}

function placedRegion(node: RegionNode, name: string, free: FreeMemory): ReservedRegion | undefined {
  const len = roundUp(toNumber(BigInt(node.size ?? 0)), 4096)
  const align = Math.max(toNumber(BigInt(node.alignment ?? 0)), node.kind === 'cma' ? CMA_ALIGNMENT : 4096)
  const windows = node.alloc_ranges?.map((entry) => toPages(big(entry))).filter((range) => range !== undefined)
  const base = free.place(len, align, windows)
  return base === undefined ? undefined : regionOf(node, name, { base, len })
}

function regionOf(node: RegionNode, name: string, range: Range): ReservedRegion {
  const pool = node.compatible.find((name) => name === 'shared-dma-pool' || name === 'restricted-dma-pool')
  const compatible = pool ?? node.compatible[0]
  return {
    name,
    ...range,
    ...(compatible !== undefined && { compatible }),
    noMap: node.no_map,
    reusable: node.reusable,
    ...(node.linux_cma_default ? { default: 'cma' } : node.linux_dma_default ? { default: 'dma' } : {}),
  }
}

/** 64-bit kernels put the default area where all masters reach it; 32-bit ones below 4 GiB. */
function cmaLimit(facts: TreeFacts): number {
  const reach = toNumber(BigInt(facts.dma_max_cpu_address)) + 1
  return TREE_RULES[facts.arch].cmaWithinReach ? Math.min(reach, FOUR_GIB) : FOUR_GIB
}

const big = ({ base, size }: HexRange) => ({ base: BigInt(base), size: BigInt(size) })
