// Golden adapter: the contiguity check of an import.
import type { GoldenAdapter, GoldenCase } from '@dmalab/api'
import { contiguousSize } from './index.ts'

/** Topic vb2-contiguous: recorded on a 64-bit kernel, hence addresses of 64 bits. */
export const vb2Contiguous: GoldenAdapter = {
  topic: 'vb2-contiguous',
  run: (input: GoldenCase) => {
    const entries = (input['d'] as readonly [string, number][]).map(([address, length]) => ({
      address: BigInt(address),
      length,
    }))
    const size = contiguousSize(entries.slice(0, input['nents'] as number), 64)
    return { size, ok: size >= (input['need'] as number) ? 1 : 0 }
  },
}

export const adapters: readonly GoldenAdapter[] = [vb2Contiguous]
