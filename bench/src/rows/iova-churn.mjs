// Bus address space under churn: 10,000 live ranges of 1 to 32 pages, one freed and one allocated at a time, every pfn where
// the kernel would put it.
import { compileHotSync, Hot, IovaDomain } from '@dmalab/hot'
import { numbers } from '../machines/index.mjs'
import { memoryOf } from '../machines/memory.mjs'

const LIMIT = 2 ** 20 - 1
const LIVE = 10_000

/** Ranges in a sorted array, walked entry by entry as the kernel walks its tree. */
class SortedArray {
  constructor() {
    this.los = [Infinity]
    this.his = [Infinity]
    this.cached = Infinity
  }

  /** Entries below pfn. */
  below(pfn) {
    let from = 0
    let to = this.los.length
    while (from < to) {
      const middle = (from + to) >> 1
      if (this.los[middle] < pfn) from = middle + 1
      else to = middle
    }
    return from
  }

  alloc(size, limit) {
    const end = limit + 1
    let pfn = this.search(size, this.below(this.cached), end, 1)
    if (pfn < 0) {
      const at = this.below(this.cached)
      if (this.his[at] < end) pfn = this.search(size, this.below(end), end, this.his[at] + 1)
    }
    if (pfn < 0) return undefined
    const at = this.below(pfn)
    this.los.splice(at, 0, pfn)
    this.his.splice(at, 0, pfn + size - 1)
    this.cached = pfn
    return pfn
  }

  search(size, i, end, low) {
    let high = end
    for (; ; i--) {
      high = Math.min(high, this.los[i])
      const pfn = Math.floor((high - size) / size) * size
      if (high < size || pfn < low) return -1
      if (i === 0 || pfn > this.his[i - 1]) return pfn
    }
  }

  free(pfn) {
    const at = this.below(pfn)
    if (pfn >= this.cached) this.cached = this.los[at + 1]
    this.los.splice(at, 1)
    this.his.splice(at, 1)
  }
}

/** Victims and sizes are drawn beforehand: a generator in the loop would cost as much as the work. */
const drawn = (pairs) => {
  const random = numbers(5)
  const sizes = Uint32Array.from({ length: LIVE + pairs }, () => 2 ** random(6))
  const victims = Uint32Array.from({ length: pairs }, () => random(LIVE))
  return { first: sizes.subarray(0, LIVE), sizes: sizes.subarray(LIVE), victims }
}

const open = (make) => (pairs) => {
  const { first, sizes, victims } = drawn(pairs)
  const { space, memory } = make()
  const live = Float64Array.from(first, (size) => space.alloc(size, LIMIT, true))
  return {
    work: pairs,
    run() {
      for (let i = 0; i < pairs; i++) {
        const victim = victims[i]
        space.free(live[victim])
        live[victim] = space.alloc(sizes[i], LIMIT, true)
      }
    },
    result: () => [...live],
    memory,
  }
}

const domainOf = (module) => {
  const hot = new Hot(module, { lineSize: 64, poison: 0 })
  return { space: new IovaDomain(hot.io, 4096, 1), memory: memoryOf(hot) }
}

/** The engine's own allocator, compiled; the loops as well: a call of the product's that sees two engines is slow for both. */
const openNative = (pairs, { module, loops }) => {
  const { first, sizes, victims } = drawn(pairs)
  const { space, memory } = domainOf(module)
  const live = new Float64Array(LIVE)
  loops.openIova(space.domain, first, live, LIVE, LIMIT)
  return {
    work: pairs,
    run: () => loops.churnIova(space.domain, victims, sizes, live, pairs, LIMIT),
    result: () => [...live],
    memory,
  }
}

/** Compiled code that searches a red-black tree as the kernel does. */
const openTree = (pairs, { loops }) => {
  const { first, sizes, victims } = drawn(pairs)
  const live = new Float64Array(LIVE)
  loops.openTree(first, live, LIVE, LIMIT)
  return {
    work: pairs,
    run: () => loops.churnTree(victims, sizes, live, pairs, LIMIT),
    result: () => [...live],
  }
}

export const row = {
  name: 'iova-churn',
  title: 'free and allocate a bus address, 10,000 live',
  unit: 'pair',
  versions: {
    naive: { bench: 500, check: 2000, open: open(() => ({ space: new SortedArray() })) },
    'red-black tree': { bench: 3000, check: 2000, native: true, open: openTree },
    native: { bench: 200_000, check: 2000, open: openNative },
    wasm: {
      bench: 200_000,
      check: 2000,
      open: open(() => domainOf(compileHotSync())),
    },
  },
  addon: { bench: 200_000, check: 2000, open: (pairs, { module }) => open(() => domainOf(module))(pairs) },
}
