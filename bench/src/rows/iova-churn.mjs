// Bus address space under churn: 10,000 live ranges of 1 to 32 pages, one freed and one allocated at a time, every pfn where
// the kernel would put it.
import { compileHotSync, Hot, IovaDomain } from '@dmalab/hot'
import { numbers } from '../machines/index.mjs'
import { memoryOf } from '../machines/memory.mjs'

const LIMIT = 2 ** 20 - 1
const LIVE = 10_000
/** Pairs that are drawn. */
const ROUND = 200_000

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
const random = numbers(5)
const SIZES = Uint32Array.from({ length: LIVE + ROUND }, () => 2 ** random(6))
const VICTIMS = Uint32Array.from({ length: ROUND }, () => random(LIVE))
const FIRST = SIZES.subarray(0, LIVE)

/**
 * Every run takes the next `pairs` of a round, and the round begins anew: what a search costs depends on all that went before, so that a
 * version with shorter runs must not meet the same few pairs again and again. `warm` pairs are done before the first run.
 */
const churned = ({ pairs, warm }, live, churn, memory) => {
  let at = 0
  const next = () => {
    churn(VICTIMS.subarray(at, at + pairs), SIZES.subarray(LIVE + at, LIVE + at + pairs))
    at = (at + pairs) % ROUND
  }
  for (let done = 0; done < warm; done += pairs) next()
  return { work: pairs, run: next, result: () => [at, ...live], memory }
}

/** The product's way, on an engine of its own. */
const openDomain = (size, module) => {
  const hot = new Hot(module, { lineSize: 64, poison: 0 })
  const space = new IovaDomain(hot.io, 4096, 1)
  const live = Float64Array.from(FIRST, (pages) => space.alloc(pages, LIMIT, true))
  const churn = (victims, sizes) => {
    for (let i = 0; i < victims.length; i++) {
      const victim = victims[i]
      space.free(live[victim])
      live[victim] = space.alloc(sizes[i], LIMIT, true)
    }
  }
  return churned(size, live, churn, memoryOf(hot))
}

/** The same loop once more: one that has seen both kinds of space is slower for both. */
const openArray = (size) => {
  const space = new SortedArray()
  const live = Float64Array.from(FIRST, (pages) => space.alloc(pages, LIMIT))
  const churn = (victims, sizes) => {
    for (let i = 0; i < victims.length; i++) {
      const victim = victims[i]
      space.free(live[victim])
      live[victim] = space.alloc(sizes[i], LIMIT)
    }
  }
  return churned(size, live, churn)
}

/** The engine's own allocator, compiled; the loops as well: a call of the product's that sees two engines is slow for both. */
const openNative = (size, { module, loops }) => {
  const hot = new Hot(module, { lineSize: 64, poison: 0 })
  const space = new IovaDomain(hot.io, 4096, 1)
  const live = new Float64Array(LIVE)
  loops.openIova(space.domain, FIRST, live, LIVE, LIMIT)
  const churn = (victims, sizes) => loops.churnIova(space.domain, victims, sizes, live, victims.length, LIMIT)
  return churned(size, live, churn, memoryOf(hot))
}

/** Compiled code that searches a red-black tree as the kernel does. */
const openTree = (size, { loops }) => {
  const live = new Float64Array(LIVE)
  loops.openTree(FIRST, live, LIVE, LIMIT)
  return churned(size, live, (victims, sizes) => loops.churnTree(victims, sizes, live, victims.length, LIMIT))
}

/** Measured after a whole round, which is twenty times as many pairs as there are ranges. */
const version = (pairs, way) => ({ bench: { pairs, warm: ROUND }, check: { pairs: 2000, warm: 0 }, open: way })

export const row = {
  name: 'iova-churn',
  title: 'free and allocate a bus address, 10,000 live',
  unit: 'pair',
  versions: {
    naive: version(500, openArray),
    'red-black tree': { ...version(2000, openTree), native: true },
    native: version(ROUND, openNative),
    wasm: version(ROUND, (size) => openDomain(size, compileHotSync())),
  },
  addon: version(ROUND, (size, { module }) => openDomain(size, module)),
}
