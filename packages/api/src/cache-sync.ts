// Cache maintenance that does what `Arch.cache` says, and nothing else.
import type { Direction } from './flags.ts'
import type { PhysAddr } from './units.ts'

/** Maintains the caches for `size` bytes at `at`, which a device reads or writes as `dir` says. */
export type CacheSync = (at: PhysAddr, size: number, dir: Direction) => void

const marked = new WeakSet<CacheSync>()

/**
 * States of a syncForDevice or syncForCpu that it does with ordinary memory what `cache` of its architecture says, no more and no less: lists
 * are then maintained in one pass of the engine instead of by a call for each entry.
 */
export const asCacheSays = (sync: CacheSync): CacheSync => {
  marked.add(sync)
  return sync
}

/** Does all maintenance of an architecture's code do so? */
export const doesAsCacheSays = ({
  syncForDevice,
  syncForCpu,
}: {
  readonly syncForDevice: CacheSync
  readonly syncForCpu: CacheSync
}): boolean => marked.has(syncForDevice) && marked.has(syncForCpu)
