// Zones and pools for DMA as a kernel made them at boot.
import type { BootMemory, KernelFacts, Range } from '@dmalab/api'
import type { Memory } from '@dmalab/memory'
import type { AtomicPools } from './atomic-pools.ts'
import type { BouncePools } from './bounce-pools.ts'

export interface BootMemoryParts {
  readonly facts: KernelFacts
  readonly memory: Memory
  readonly bounce: BouncePools
  readonly atomic: AtomicPools | undefined
}

export const bootMemoryOf = ({ facts, memory, bounce, atomic }: BootMemoryParts): BootMemory => ({
  dmaZoneEnd: facts.zoneDmaEnd === 'lowmem' ? memory.layout.lowmemEnd - 1 : facts.zoneDmaLimit,
  swiotlb: bounce.atBoot(),
  cma: placeOf(memory.defaultCma),
  atomicPools: atomic?.places() ?? [],
})

const placeOf = (area: Range | undefined): Range | null =>
  area === undefined ? null : { base: area.base, len: area.len }
