// Comparisons of dma-debug that nothing plainly right fails.
import { type CheckerContext, type Event, wideAnd } from '@dmalab/api'
import type { Dialect } from '../dma-debug/dialects.ts'

/** Attributes of a mapping and of its unmap. */
export class ComparedAttrs {
  /** Those that were compared last: drivers use the same ones again and again. */
  private mask = 0
  private mapped = 0
  private unmapped = 0
  private last = true

  /** Do they differ in none that dma-debug compares? */
  same(mapped: number, unmapped: number, { comparedAttrs: mask }: Dialect): boolean {
    if (mapped === unmapped || mask === 0) return true
    if (mask !== this.mask || mapped !== this.mapped || unmapped !== this.unmapped) {
      this.mask = mask
      this.mapped = mapped
      this.unmapped = unmapped
      this.last = wideAnd(mapped, mask) === wideAnd(unmapped, mask)
    }
    return this.last
  }
}

type MapSgEvent = Extract<Event, { event: 'dma_map_sg' }>

/** Are all segments of a list such as its device takes? Only a session says what that is. */
export const fitsDevice = ({ device, dmaAddrs, sizes }: MapSgEvent, { session }: CheckerContext): boolean => {
  const limits = session?.devices.find(({ name }) => name === device)
  if (limits === undefined) return true
  const { maxSegmentSize, segmentBoundary = Infinity } = limits
  for (let i = 0; i < sizes.length; i++) {
    const size = sizes[i]!
    const within = dmaAddrs[i]! % (segmentBoundary + 1)
    if (size > maxSegmentSize || within + size - 1 > segmentBoundary) return false
  }
  return true
}

/** A power of two, as caches have it. */
export const isLineSize = (bytes: number): boolean => bytes >= 8 && bytes <= 4096 && Number.isInteger(Math.log2(bytes))
