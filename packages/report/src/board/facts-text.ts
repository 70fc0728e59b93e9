// The DMA facts of a device tree in a few lines; `--json` has all of them.
import { bold } from 'ansis'
import { countBy } from './count-by.ts'

/** What the text says of the facts that `board facts` states. Addresses are strings "0x...". */
export interface BoardFacts {
  readonly file: string
  readonly model: string | null
  readonly arch: string
  readonly counts: { readonly nodes: number }
  readonly memory: readonly { readonly regions: readonly { readonly base: string; readonly size: string }[] }[]
  readonly reserved_memory: { readonly regions: readonly { readonly kind: string }[] } | null
  readonly dma_buses: readonly { readonly empty: boolean }[]
  readonly dma_max_cpu_address: string
  readonly devices: readonly { readonly coherent: boolean }[]
  readonly iommus: readonly { readonly enabled: boolean }[]
  readonly traps: readonly string[]
}

export function factsText(facts: BoardFacts): string {
  const memory = facts.memory.flatMap((node) => node.regions.map(({ base, size }) => `${base}+${size}`))
  const regions = facts.reserved_memory?.regions ?? []
  return [
    `${bold(facts.file)}: ${facts.model ?? 'no model'} (${facts.arch}, ${facts.counts.nodes} nodes)`,
    `  memory            ${memory.length === 0 ? 'not stated' : memory.join(', ')}`,
    `  reserved regions  ${regions.length}${regions.length === 0 ? '' : `: ${countBy(regions.map((region) => region.kind))}`}`,
    `  dma-ranges        ${facts.dma_buses.filter((bus) => !bus.empty).length} buses, all masters reach ${facts.dma_max_cpu_address}`,
    `  devices           ${facts.devices.length}, coherent ${facts.devices.filter((device) => device.coherent).length}`,
    `  IOMMUs            ${facts.iommus.length}, enabled ${facts.iommus.filter((iommu) => iommu.enabled).length}`,
    `  traps             ${facts.traps.length === 0 ? 'none' : facts.traps.join(', ')}`,
  ].join('\n')
}
