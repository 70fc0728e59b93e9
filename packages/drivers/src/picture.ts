// How a device moves a picture: by bus address, through its own view of memory, and comparing every byte it reads.
import type { Content, Delivery, Device, DmaAddr, DriverHost, KernelVaddr, SgTable } from '@dmalab/api'

/** A piece of a plane as the device addresses it. */
interface Segment {
  readonly at: DmaAddr
  readonly len: number
}

/** One plane in memory. */
export interface PlaneMemory {
  /** Bus address, the mapped list for a device that gathers, or null for one whose driver copies with the CPU. */
  readonly cookie: DmaAddr | SgTable | null
  /** The kernel's mapping; only a driver that copies asks for it. */
  readonly vaddr?: KernelVaddr | null
  /** Device that the addresses were made for. */
  readonly dev: Device
  /** Bytes of the plane's memory. */
  readonly length: number
  readonly owner: string
}

export interface Compared {
  readonly bytes: number
  readonly wrong: number
}

/** Writes a picture's payload into a plane and leaves the rest alone. The value says whether every byte found memory. */
export const writePlane = (host: DriverHost, plane: PlaneMemory, payload: number, content: Content): boolean => {
  let arrived = true
  if (plane.cookie === null) {
    host.cpu.write(mapped(plane), payload, content, plane.owner)
    return true
  }
  const first = content.offset ?? 0
  let offset = 0
  for (const { at, len } of segments(plane, 0, payload)) {
    const access = { at, len, owner: plane.owner, buffer: plane.owner, offset }
    const { blocked } = host.bus(plane.dev).write(access, { seed: content.seed, offset: first + offset })
    arrived &&= blocked === 0
    offset += len
  }
  return arrived
}

/**
 * Reads a plane and compares it with what was last written there, then the tail up to `end`, which the kernel zeroed and nobody
 * writes. Memory that nothing wrote is expected to be zero throughout.
 */
export const readPlane = (host: DriverHost, plane: PlaneMemory, payload: number, end: number): Compared => {
  const expected = host.expected(plane.owner)
  if (plane.cookie === null) {
    const at = mapped(plane)
    const tail = (at + BigInt(payload)) as KernelVaddr
    const picture = host.cpu.compare(at, payload, from(expected, 0, payload), plane.owner)
    return { bytes: end, wrong: picture + (end > payload ? host.cpu.compare(tail, end - payload, 0, plane.owner) : 0) }
  }
  const total = { bytes: 0, wrong: 0 }
  let done = 0
  for (const { at, len } of segments(plane, 0, payload)) {
    add(total, host, plane, at, len, from(expected, done, len))
    done += len
  }
  for (const { at, len } of segments(plane, payload, end)) add(total, host, plane, at, len, 0)
  return total
}

/** A picture from its planes. */
export const delivery = (frame: number, planes: readonly Compared[]): Delivery => ({
  frame,
  bytes: planes.reduce((sum, { bytes }) => sum + bytes, 0),
  wrong: planes.reduce((sum, { wrong }) => sum + wrong, 0),
})

const add = (
  total: { bytes: number; wrong: number },
  host: DriverHost,
  plane: PlaneMemory,
  at: DmaAddr,
  len: number,
  expect: Content | Uint8Array | number,
): void => {
  const result = host.bus(plane.dev).read({ at, len, owner: plane.owner, buffer: plane.owner }, expect)
  total.bytes += len
  total.wrong += result.wrong
}

/** The part of the expected content that starts `offset` bytes in; past the end of given bytes the memory is zero. */
const from = (
  expected: Content | Uint8Array | undefined,
  offset: number,
  len: number,
): Content | Uint8Array | number => {
  if (expected === undefined) return 0
  if (!(expected instanceof Uint8Array)) return { seed: expected.seed, offset: (expected.offset ?? 0) + offset }
  const bytes = new Uint8Array(len)
  bytes.set(expected.subarray(offset, offset + len))
  return bytes
}

/** Where the driver finds a plane. @throws Error without a mapping: a bug of the driver model */
const mapped = ({ vaddr, owner }: PlaneMemory): KernelVaddr => {
  if (vaddr === undefined || vaddr === null) throw new Error(`${owner} has no kernel mapping`)
  return vaddr
}

/** Bytes [start, end) of a plane in bus addresses. @throws Error for a plane without any: a bug of the driver model */
const segments = (plane: PlaneMemory, start: number, end: number): Segment[] => {
  const { cookie } = plane
  if (cookie === null) throw new Error(`${plane.owner} has no bus address`)
  if (typeof cookie === 'number') return end > start ? [{ at: (cookie + start) as DmaAddr, len: end - start }] : []
  const found: Segment[] = []
  let base = 0
  for (let i = 0; i < cookie.nents && base < end; i++) {
    const { dmaAddress, dmaLength } = cookie.entry(i)
    const first = Math.max(start, base)
    const last = Math.min(end, base + dmaLength)
    if (last > first) found.push({ at: (dmaAddress + first - base) as DmaAddr, len: last - first })
    base += dmaLength
  }
  return found
}
