// Facts of arm@4.11 as far as the patches read them.
import type { KernelFacts } from '@dmalab/api'

export const factsOf = (more: Partial<KernelFacts>): KernelFacts =>
  ({
    arch: { name: 'arm', pointerBits: 32 },
    release: '4.11',
    sgDmaLength: false,
    dmaAddrSize: 4,
    ...more,
  }) as unknown as KernelFacts
