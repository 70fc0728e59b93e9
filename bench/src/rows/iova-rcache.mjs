// The per-CPU cache of bus addresses: bursts of mappings of 1 to 32 pages, unmapped in another order. `allocator` is what the
// same requests cost without the cache in front; the bus addresses differ, as they do in the kernel.
import { compileHotSync, Hot, IovaDomain } from '@dmalab/hot'
import { IovaCache } from '@dmalab/iommu'
import { numbers } from '../machines/index.mjs'

const LIMIT = 2 ** 20 - 1
const BURST = 64

const domain = () => new IovaDomain(new Hot(compileHotSync(), { lineSize: 64, poison: 0 }).io, 4096, 1)

const open = (take, give) => (pairs) => {
  const random = numbers(3)
  const sizes = Uint32Array.from({ length: pairs }, () => 2 ** random(6))
  const order = Array.from({ length: BURST }, (_, i) => (i * 29) % BURST)
  const live = new Float64Array(BURST)
  return {
    work: pairs,
    run() {
      for (let at = 0; at < pairs; at += BURST) {
        for (let i = 0; i < BURST; i++) live[i] = take(sizes[at + i])
        for (const i of order) give(live[i], sizes[at + i])
      }
    },
    // What both must agree on: a burst's ranges are aligned, below the limit, and do not overlap.
    result() {
      const ranges = [...live].map((pfn, i) => [pfn, sizes[pairs - BURST + i]]).toSorted(([a], [b]) => a - b)
      return ranges.map(([pfn, size], i) => pfn % size === 0 && pfn + size <= (ranges[i + 1]?.[0] ?? LIMIT + 1))
    },
  }
}

const bare = (pairs) => {
  const space = domain()
  return open(
    (size) => space.alloc(size, LIMIT, true),
    (pfn) => space.free(pfn),
  )(pairs)
}
const cached = (pairs) => {
  const cache = new IovaCache(domain())
  return open(
    (size) => cache.alloc(size, LIMIT, true),
    (pfn, size) => cache.free(pfn, size),
  )(pairs)
}

export const row = {
  name: 'iova-rcache',
  title: 'allocate and free bus addresses in bursts of 64, through the per-CPU cache',
  unit: 'pair',
  versions: {
    allocator: { bench: 2 ** 16, check: 2 ** 10, open: bare },
    cache: { bench: 2 ** 16, check: 2 ** 10, open: cached },
  },
}
