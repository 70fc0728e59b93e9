// A device tree blob -> everything it says about DMA, in the schema of facts/types.ts.
import { readBoardTree } from '../overlay/board-tree.ts'
import { maxDmaCpuAddress } from '../of/dma.ts'
import type { DebianArch } from '../of/architectures.ts'
import { DeviceTree } from '../of/tree.ts'
import { cacheFacts, cpuFacts } from './caches.ts'
import { deviceFacts, iommuFacts, regionUsers } from './devices.ts'
import { dmaBusUse, readDmaBuses } from './dma-buses.ts'
import { toHex } from './hex.ts'
import { memoryFacts, readMemory } from './memory.ts'
import { findOverlaps, outsideMemory, readReserved } from './reserved.ts'
import { sha256 } from './sha256.ts'
import { findTraps } from './traps.ts'
import type { DmaFacts, TreeFacts } from './types.ts'

export interface DmaFactsOptions {
  /** How the facts name the blob. */
  readonly file: string
  /** No device tree states its architecture; it decides what pools are and who snoops by default. */
  readonly arch: DebianArch
}

/** @throws InputError when the blob is not a device tree */
export function dmaFacts(blob: Uint8Array, { file, arch }: DmaFactsOptions): DmaFacts {
  const tree = new DeviceTree(readBoardTree(blob, file))
  const { schema, file: by, arch: read, ...rest } = dmaFactsOfTree(tree, blob, { file, arch })
  return { schema, file: by, arch: read, sha256: sha256(blob), ...rest }
}

/** All but the blob's checksum, which costs as much as the rest. */
export function dmaFactsOfTree(tree: DeviceTree, blob: Uint8Array, { file, arch }: DmaFactsOptions): TreeFacts {
  const { root, fdt } = tree
  const memory = readMemory(tree)
  const reserved = readReserved(tree, arch, regionUsers(tree))
  const overlaps = findOverlaps(tree, reserved)
  const outside = outsideMemory(memory, reserved)
  const use = dmaBusUse(tree)
  const buses = readDmaBuses(tree, use)
  const devices = deviceFacts(tree, arch)
  const caches = cacheFacts(tree)
  const traps = findTraps({
    tree,
    memory,
    reserved,
    overlaps: overlaps.length,
    outsideMemory: outside.length,
    buses,
    devices,
    caches,
  })
  return {
    schema: 1,
    file,
    arch,
    bytes: blob.length,
    header: fdt.header,
    counts: countsOf(tree),
    model: root.string('model') ?? null,
    compatible: root.compatible,
    root: { address_cells: root.u32('#address-cells') ?? null, size_cells: root.u32('#size-cells') ?? null },
    bootargs: tree.byPath('/chosen')?.string('bootargs') ?? null,
    symbols: tree.byPath('/__symbols__')?.properties.length ?? 0,
    memreserve: fdt.reservations.map(({ address, size }) => ({ address: toHex(address), size: toHex(size) })),
    memory: memoryFacts(memory),
    reserved_memory: reserved?.facts ?? null,
    overlaps,
    reserved_outside_memory: outside.map(({ node }) => node.path).toSorted(),
    dma_buses: buses.map((bus) => bus.facts),
    dma_max_cpu_address: toHex(maxDmaCpuAddress(tree)),
    dma_bus_status_counts: use.statusCounts,
    devices,
    iommus: iommuFacts(tree, arch),
    cpus: cpuFacts(tree),
    caches,
    traps,
  }
}

function countsOf(tree: DeviceTree): DmaFacts['counts'] {
  const { nodes, propertyCount, longestProperty } = tree.fdt
  return {
    nodes: nodes.length,
    properties: propertyCount,
    max_depth: nodes.reduce((deepest, node) => Math.max(deepest, node.depth), 0),
    phandles: tree.phandleCount,
    compatible_nodes: nodes.filter((node) => node.has('compatible')).length,
    disabled_nodes: nodes.filter((node) => !node.enabled).length,
    longest_property: longestProperty,
  }
}
