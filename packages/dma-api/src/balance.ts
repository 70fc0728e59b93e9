// What the DMA API of a machine has lent: lists, pools, bounce slots, bus addresses, and memory below them.
import { type Balance, balanceSum } from '@dmalab/api'
import type { DeviceDomain } from '@dmalab/iommu'
import type { Memory } from '@dmalab/memory'
import type { AtomicPools } from './atomic-pools.ts'
import type { BouncePools } from './bounce-pools.ts'
import type { DeviceState } from './device.ts'
import type { ScatterlistArena } from './sg-table.ts'

export interface BalanceParts {
  readonly memory: Memory
  readonly lists: ScatterlistArena
  readonly bounce: BouncePools
  readonly atomic: AtomicPools | undefined
  readonly devices: readonly DeviceState[]
  readonly domains: readonly DeviceDomain[]
  /** What op tables count themselves. */
  readonly counted: readonly (readonly [what: string, live: () => number])[]
}

export const balanceOf = (parts: BalanceParts): Balance => {
  const pools = new Set(parts.devices.flatMap(({ coherentPool }) => (coherentPool === null ? [] : [coherentPool])))
  return balanceSum(
    parts.memory.balance(),
    parts.atomic?.balance() ?? new Map(),
    new Map([
      ['scatterlists', parts.lists.liveTables],
      ['bounce slots', parts.bounce.used()],
      // A device's pool keeps its mapping.
      ['kernel mappings', -pools.size],
    ]),
    ...[...pools].map((pool) => new Map([[`pages of pool ${pool.name}`, pool.inUse()]])),
    ...parts.domains.map((domain) => domain.balance()),
    ...parts.counted.map(([what, live]) => new Map([[what, live()]])),
  )
}
