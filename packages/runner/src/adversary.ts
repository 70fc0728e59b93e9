// Caches at their worst: before and after every operation of the DMA API and every access of a device, dirty lines may be written
// back and lines of cached memory fetched. Which ones follows from the seed and the number of the operation alone.
import type { DeviceBus, DmaMapping } from '@dmalab/api'
import type { Memory } from '@dmalab/memory'

export interface Adversary {
  mapping(mapping: DmaMapping): DmaMapping
  bus(bus: DeviceBus): DeviceBus
}

export const adversary = (memory: Memory, seed: number): Adversary => {
  let operation = 0
  const around =
    <A extends unknown[], R>(purpose: string, call: (...args: A) => R) =>
    (...args: A): R => {
      operation++
      memory.hot.disturb({ seed, purpose: `before ${purpose}`, operation }, memory.cachedBuffers())
      const result = call(...args)
      memory.hot.disturb({ seed, purpose: `after ${purpose}`, operation }, memory.cachedBuffers())
      return result
    }
  /** Every function of a plain object, disturbed. */
  const disturbed = <T extends object>(plain: T): T =>
    Object.fromEntries(
      Object.entries(plain).map(([name, member]) => [
        name,
        typeof member === 'function'
          ? around(name, (...args: unknown[]): unknown => member.apply(plain, args) as unknown)
          : member,
      ]),
    ) as T
  return { mapping: disturbed, bus: disturbed }
}
