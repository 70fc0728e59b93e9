// Live mappings that a device may write and that share bytes: dma-debug only compares the first cache line of each.
import { ATTR, DIR, bytes, finding, has, hex, type ReportFinding } from '@dmalab/api'
import { named } from '../dma-debug/describe.ts'
import type { Mapping } from '../dma-debug/entry.ts'

/** Bytes of physical memory per index slot. */
const SLOT = 65_536
/** Mappings are indexed over at most so many slots (256 MiB). */
const MAX_SLOTS = 4096

interface Range {
  readonly mapping: Mapping
  readonly physAddr: number
  readonly size: number
}

export class Overlaps {
  readonly #slots = new Map<number, Range[]>()
  readonly #report: ReportFinding

  constructor(report: ReportFinding) {
    this.#report = report
  }

  insert(mapping: Mapping, lineSize: number): void {
    if (!writes(mapping)) return
    let other: Range | undefined
    for (const range of rangesOf(mapping))
      for (const slot of slotsOf(range)) {
        const ranges = this.#slots.get(slot)
        if (ranges === undefined) this.#slots.set(slot, [range])
        else {
          other ??= this.#oldestSharing(ranges, range, lineSize)
          ranges.push(range)
        }
      }
    if (other !== undefined) this.#tell(mapping, other)
  }

  remove(mapping: Mapping): void {
    if (!writes(mapping)) return
    for (const range of rangesOf(mapping))
      for (const slot of slotsOf(range)) {
        const ranges = this.#slots.get(slot)
        const position = ranges?.findIndex((one) => one.mapping === mapping) ?? -1
        if (ranges === undefined || position < 0) continue
        ranges.splice(position, 1)
        if (ranges.length === 0) this.#slots.delete(slot)
      }
  }

  #oldestSharing(ranges: readonly Range[], range: Range, lineSize: number): Range | undefined {
    let oldest: Range | undefined
    for (const before of ranges)
      if (
        before.mapping !== range.mapping &&
        before.mapping.order < (oldest?.mapping.order ?? Infinity) &&
        share(before, range, lineSize)
      )
        oldest = before
    return oldest
  }

  isEmpty(): boolean {
    return this.#slots.size === 0
  }

  /** Does a range that a device may write have bytes of [physAddr, physAddr + size)? */
  meets(physAddr: number, size: number): boolean {
    if (this.#slots.size === 0) return false
    return slotsOf({ physAddr, size }).some((slot) =>
      this.#slots.get(slot)?.some((one) => one.physAddr < physAddr + size && physAddr < one.physAddr + one.size),
    )
  }

  #tell(mapping: Mapping, { mapping: other, physAddr, size }: Range): void {
    const evidence = [other.at, mapping.at]
    const device = mapping.device
    const memory = `physical ${hex(physAddr)} (${bytes(size)})`
    if (device === other.device)
      this.#report(
        finding('overlapping-mappings', `${device}: ${named(mapping)} and ${named(other)} overlap at ${memory}`, {
          device,
          evidence,
        }),
      )
    else if (mapping.dir === DIR.FROM_DEVICE && other.dir === DIR.FROM_DEVICE)
      this.#report(
        finding('conflicting-directions', `${device} and ${other.device} both hold ${memory} as FROM_DEVICE`, {
          device,
          evidence,
        }),
      )
  }
}

/** Buffers whose sharing dma-buf arranges are mapped with SKIP_CPU_SYNC. */
const writes = (mapping: Mapping): boolean =>
  mapping.kind !== 'coherent' && mapping.dir !== DIR.TO_DEVICE && !has(mapping.attrs, ATTR.SKIP_CPU_SYNC)

/** Sizes of a list belong to its device addresses: only where nothing was merged are they those of its pages. */
const rangesOf = (mapping: Mapping): readonly Range[] => {
  const { list, physAddr, size } = mapping
  if (list === undefined) return physAddr === undefined ? [] : [{ mapping, physAddr, size }]
  if (list.nents !== list.ents) return []
  return list.physAddrs.map((at, index) => ({ mapping, physAddr: at, size: list.sizes[index] ?? 0 }))
}

const slotsOf = ({ physAddr, size }: Pick<Range, 'physAddr' | 'size'>): readonly number[] => {
  const first = Math.floor(physAddr / SLOT)
  const last = Math.floor((physAddr + Math.max(size, 1) - 1) / SLOT)
  if (first === last) return [first]
  return Array.from({ length: Math.min(last - first + 1, MAX_SLOTS) }, (_, index) => first + index)
}

/** Mappings that begin in one cache line are dma-debug's affair. */
const share = (a: Range, b: Range, lineSize: number): boolean =>
  a.physAddr < b.physAddr + b.size &&
  b.physAddr < a.physAddr + a.size &&
  Math.floor(a.physAddr / lineSize) !== Math.floor(b.physAddr / lineSize)
