// The device of the programs: reads and writes through the bus addresses of what was mapped for it, in the order of the list.
import { type Device, DIR, type Direction, type DmaAddr, pageAlign } from '@dmalab/api'
import type { DmaBoot } from './dma-boot.ts'
import { type LabObject, listOf } from './objects.ts'
import { isTranslated } from './places.ts'
import { touchStrays } from './stray-pages.ts'

/** Bus addresses in the order of the buffer. */
interface Access {
  readonly device: Device
  readonly dir: Direction
  readonly runs: readonly { readonly at: DmaAddr; readonly len: number }[]
}

/** The bytes, or why there are none. */
export const deviceRead = (boot: DmaBoot, name: string, offset: number, len: number): Uint8Array | 'bad' | 'EFAULT' => {
  const access = accessTo(boot.get(name))
  if (access === undefined) return 'bad'
  touchStrays(boot, name, offset, len)
  const bus = boot.lab.bus(access.device)
  const bytes = new Uint8Array(len)
  let end = 0
  for (const { at, len: length, done } of within(access, offset, len)) {
    if (bus.read({ at, len: length }).blocked > 0) return 'EFAULT'
    bytes.set(bus.fetch({ at, len: length }), done)
    end = done + length
  }
  return bytes.subarray(0, end)
}

export const deviceWrite = (
  boot: DmaBoot,
  name: string,
  offset: number,
  bytes: Uint8Array,
): 'ok' | 'bad' | 'EFAULT' => {
  const access = accessTo(boot.get(name))
  if (access === undefined) return 'bad'
  touchStrays(boot, name, offset, bytes.length)
  boot.noteWritten(name)
  const bus = boot.lab.bus(access.device)
  for (const { at, len, done } of within(access, offset, bytes.length))
    if (bus.write({ at, len }, bytes.subarray(done, done + len)).blocked > 0) {
      if (isStoppedByPermission(boot, name)) writePast(boot, name, access, offset, bytes)
      return 'EFAULT'
    }
  return 'ok'
}

/**
 * Does an IOMMU stop the device from writing what was mapped for reading? The recording device is software that does not look at
 * permissions: there the write came through.
 */
export const isStoppedByPermission = (boot: DmaBoot, name: string): boolean => {
  const access = accessTo(boot.get(name))
  return access !== undefined && access.dir === DIR.TO_DEVICE && isTranslated(access.device)
}

/** What the recording device wrote past the permissions, so that later steps find it. */
const writePast = (boot: DmaBoot, name: string, access: Access, offset: number, bytes: Uint8Array): void => {
  for (const run of within(access, offset, bytes.length)) {
    let done = run.done
    for (const part of boot.lab.translate(access.device, run.at, run.len, false)) {
      const written = bytes.subarray(done, done + part.len)
      if ('phys' in part) boot.cpuWrite({ phys: part.phys, len: part.len, kind: 'cached' }, 0, written, name)
      done += part.len
    }
  }
}

const accessTo = (object: LabObject | undefined): Access | undefined => {
  if (object === undefined) return undefined
  if (object.kind === 'mapping' && object.by !== 'resource')
    return { device: object.device, dir: object.dir, runs: [{ at: object.handle, len: object.size }] }
  if (object.kind === 'iova')
    return { device: object.device, dir: object.dir, runs: [{ at: object.state.addr, len: object.state.size }] }
  if (object.kind === 'coherent')
    return {
      device: object.device,
      dir: DIR.BIDIRECTIONAL,
      runs: [{ at: object.handle, len: pageAlign(object.size) }],
    }
  const list = listOf(object)
  if (list === undefined || (object.kind !== 'list' && object.kind !== 'attachment')) return undefined
  const runs = Array.from({ length: list.table.nents }, (_, i) => {
    const { dmaAddress, dmaLength } = list.table.entry(i)
    return { at: dmaAddress, len: dmaLength }
  })
  return { device: object.device, dir: list.dir, runs }
}

/** The runs that hold [offset, offset + len), and how many of these bytes lie before each. */
const within = ({ runs }: Access, offset: number, len: number) => {
  const parts: { readonly at: DmaAddr; readonly len: number; readonly done: number }[] = []
  let base = 0
  for (const run of runs) {
    const from = Math.max(offset, base)
    const to = Math.min(offset + len, base + run.len)
    if (from < to) parts.push({ at: (run.at + (from - base)) as DmaAddr, len: to - from, done: from - offset })
    base += run.len
  }
  return parts
}
