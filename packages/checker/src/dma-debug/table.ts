// dma-debug's hash of live entries, with its matching rules: exact for unmap, containing for sync, and no answer when it is ambiguous.
import { BUCKET_BYTES, type Dialect } from './dialects.ts'
import { AddressCounts } from '../quick/address-counts.ts'
import type { DebugEntry, EntryRef } from './entry.ts'

/** The entries of one device. */
export class DeviceEntries {
  readonly buckets = new Map<number, DebugEntry[]>()
  readonly counts = new AddressCounts()
  /** Largest entry this device ever had, bytes: no containing entry begins further back than this. */
  longest = 0

  /** Does one begin at this address? */
  beginsAt(dmaAddr: number): boolean {
    if (!this.counts.mayHave(dmaAddr)) return false
    return this.buckets.get(Math.floor(dmaAddr / BUCKET_BYTES))?.some((entry) => entry.dmaAddr === dmaAddr) ?? false
  }
}

/**
 * Models: Linux v6.12 kernel/dma/debug.c: __hash_bucket_find
 * Models: Linux v6.12 kernel/dma/debug.c: bucket_find_contain
 * Leaves out: foreign entries that share a bucket by hash; they never match another device or address.
 */
export class EntryTable {
  readonly #devices = new Map<string, DeviceEntries>()
  #count = 0

  get count(): number {
    return this.#count
  }

  add(entry: DebugEntry): void {
    const device = this.entriesOf(entry.device)
    device.longest = Math.max(device.longest, entry.size)
    device.counts.add(entry.dmaAddr, 1)
    const key = Math.floor(entry.dmaAddr / BUCKET_BYTES)
    const bucket = device.buckets.get(key)
    if (bucket === undefined) device.buckets.set(key, [entry])
    else bucket.push(entry)
    this.#count += 1
  }

  /** Always the same object for a device. */
  entriesOf(name: string): DeviceEntries {
    let device = this.#devices.get(name)
    if (device === undefined) this.#devices.set(name, (device = new DeviceEntries()))
    return device
  }

  remove(entry: DebugEntry): void {
    const device = this.#devices.get(entry.device)
    const buckets = device?.buckets
    const key = Math.floor(entry.dmaAddr / BUCKET_BYTES)
    const bucket = buckets?.get(key)
    const index = bucket?.indexOf(entry) ?? -1
    if (device === undefined || buckets === undefined || bucket === undefined || index < 0) return
    device.counts.add(entry.dmaAddr, -1)
    bucket.splice(index, 1)
    if (bucket.length === 0) buckets.delete(key)
    this.#count -= 1
  }

  /** The entry that begins at the address; undefined when there is none, or several of which none fits perfectly. */
  findExact(ref: EntryRef): DebugEntry | undefined {
    const bucket = this.#devices.get(ref.device)?.buckets.get(Math.floor(ref.dmaAddr / BUCKET_BYTES))
    return bucket === undefined ? undefined : pick(bucket, ref, (entry) => entry.dmaAddr === ref.dmaAddr)
  }

  /** The entry that covers the range: in the bucket of the address, then in those before it. */
  findContaining(ref: EntryRef, { lookBack }: Dialect, maxSegmentSize = 65536): DebugEntry | undefined {
    const device = this.#devices.get(ref.device)
    if (device === undefined) return undefined
    const first = Math.floor(ref.dmaAddr / BUCKET_BYTES)
    const steps = Math.min(lookBack(first, maxSegmentSize), Math.ceil(device.longest / BUCKET_BYTES) + 1)
    for (let step = 0; step < steps; step += 1) {
      const bucket = device.buckets.get(first - step)
      const found = bucket === undefined ? undefined : pick(bucket, ref, (entry) => contains(entry, ref))
      if (found !== undefined) return found
    }
    return undefined
  }

  /** Any entry whose range shares a byte with [dmaAddr, dmaAddr + size). */
  findTouching(deviceName: string, dmaAddr: number, size: number): DebugEntry | undefined {
    const device = this.#devices.get(deviceName)
    if (device === undefined) return undefined
    const last = Math.floor((dmaAddr + Math.max(size, 1) - 1) / BUCKET_BYTES)
    const first = Math.floor((dmaAddr - device.longest) / BUCKET_BYTES)
    for (const key of downward(device.buckets, first, last)) {
      const found = device.buckets.get(key)?.find((entry) => touches(entry, dmaAddr, size))
      if (found !== undefined) return found
    }
    return undefined
  }

  /** Entries of one device. */
  ofDevice(device: string): readonly DebugEntry[] {
    return [...(this.#devices.get(device)?.buckets.values() ?? [])].flat()
  }

  /** Entries of one device in the order in which the kernel walks its hash: each list of it in the order in which they were made. */
  inHashOrder(device: string, { buckets: size }: Dialect): readonly DebugEntry[] {
    const index = ({ dmaAddr }: DebugEntry): number => Math.floor(dmaAddr / BUCKET_BYTES) % size
    return this.ofDevice(device).toSorted((a, b) => index(a) - index(b) || a.mapping.order - b.mapping.order)
  }

  /** Forgets everything about a device. */
  drop(device: string): void {
    for (const entry of this.ofDevice(device)) this.remove(entry)
  }
}

/** Keys of `buckets` in [first, last], the highest first: all numbers where they are fewer than the buckets. */
const downward = (buckets: ReadonlyMap<number, unknown>, first: number, last: number): readonly number[] =>
  last - first > buckets.size
    ? [...buckets.keys()].filter((key) => key >= first && key <= last).toSorted((a, b) => b - a)
    : Array.from({ length: last - first + 1 }, (_, index) => last - index)

const contains = (entry: DebugEntry, ref: EntryRef): boolean =>
  entry.dmaAddr <= ref.dmaAddr && entry.dmaAddr + entry.size >= ref.dmaAddr + ref.size

const touches = (entry: DebugEntry, dmaAddr: number, size: number): boolean =>
  entry.dmaAddr < dmaAddr + size && dmaAddr < entry.dmaAddr + entry.size

/** A perfect fit wins at once; otherwise only a sole candidate is taken. */
const pick = (
  bucket: readonly DebugEntry[],
  ref: EntryRef,
  match: (entry: DebugEntry) => boolean,
): DebugEntry | undefined => {
  let sole: DebugEntry | undefined
  let matches = 0
  for (const entry of bucket) {
    if (!match(entry)) continue
    if (
      entry.size === ref.size &&
      entry.type === ref.type &&
      entry.dir === ref.dir &&
      entry.sgCallEnts === ref.sgCallEnts
    )
      return entry
    matches += 1
    sole = entry
  }
  return matches === 1 ? sole : undefined
}
