// CPUs and caches, outer ones (PL310 and its like) included.
import { cellsOf, readNumber, type FdtNode } from '../fdt/node.ts'
import { addressCells } from '../of/bus.ts'
import type { DeviceTree } from '../of/tree.ts'
import { toHex } from './hex.ts'
import type { CacheNode, CpuNode, Hex } from './types.ts'

const OUTER = [
  'arm,pl310-cache',
  'arm,l220-cache',
  'arm,l210-cache',
  'marvell,aurora-system-cache',
  'marvell,aurora-outer-cache',
  'marvell,tauros3-cache',
  'bcm,bcm11351-a2-pl310-cache',
  'brcm,bcm11351-a2-pl310-cache',
]
const CPU_CACHE = ['size', 'line-size', 'block-size', 'sets'].flatMap((what) => [`d-cache-${what}`, `i-cache-${what}`])
const CACHE = ['cache-size', 'cache-line-size', 'cache-block-size', 'cache-sets', 'cache-level']

export function cpuFacts(tree: DeviceTree): CpuNode[] {
  const cpus = tree.root.children.find((node) => node.name === 'cpus')
  return (cpus?.children ?? [])
    .filter((node) => node.string('device_type') === 'cpu' || node.baseName === 'cpu')
    .map((node) => ({
      path: node.path,
      compatible: node.compatible,
      reg: cpuIds(node),
      enabled: node.enabled,
      ...cacheProperties(node, CPU_CACHE),
      next_level_cache: nextLevel(tree, node),
    }))
}

export function cacheFacts(tree: DeviceTree): CacheNode[] {
  return tree.nodes.flatMap((node) => {
    const outer = node.compatible.some((name) => OUTER.includes(name))
    if (!outer && !node.compatible.includes('cache') && !node.has('cache-level')) return []
    return [
      {
        path: node.path,
        compatible: node.compatible,
        enabled: node.enabled,
        ...cacheProperties(node, CACHE),
        ...(node.has('cache-unified') && { cache_unified: true }),
        outer,
        ...(outer && { arm: armProperties(node) }),
        next_level_cache: nextLevel(tree, node),
      },
    ]
  })
}

/** `reg` of a CPU: ids of as many cells as /cpus says; none where it says that an id has no cell. */
function cpuIds(node: FdtNode): Hex[] | null {
  const cells = node.cells('reg')
  if (cells === undefined) return null
  const width = addressCells(node.parent ?? node)
  if (width === 0) return []
  return Array.from({ length: Math.floor(cells.length / width) }, (_, index) =>
    toHex(readNumber(cells, index * width, width)),
  )
}

function cacheProperties(node: FdtNode, names: readonly string[]): Record<string, number> {
  const found: Record<string, number> = {}
  for (const name of names) {
    const value = node.u32(name)
    if (value !== undefined) found[name.replaceAll('-', '_')] = value
  }
  return found
}

function nextLevel(tree: DeviceTree, node: FdtNode): string | null {
  const phandle = node.u32('next-level-cache') ?? node.u32('l2-cache')
  return (phandle === undefined ? undefined : tree.byPhandle(phandle))?.path ?? null
}

/** The tuning of an outer cache; a property without a value is true. */
function armProperties(node: FdtNode): Record<string, readonly number[] | true> {
  const found: Record<string, readonly number[] | true> = {}
  for (const property of node.properties) {
    const { name, length } = property
    if (name.startsWith('arm,') || name.startsWith('prefetch-'))
      found[name] = length === 0 ? true : cellsOf(node.valueOf(property))
  }
  return found
}
