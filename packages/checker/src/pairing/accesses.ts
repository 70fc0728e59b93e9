// Who touches memory when: accesses of a model run against the mappings that are live. Nothing in a kernel checks this.
import { DIR, bytes, finding, hex, type Event, type FindingCode } from '@dmalab/api'
import { named } from '../dma-debug/describe.ts'
import type { Mapping } from '../dma-debug/entry.ts'
import type { MappingLedger } from './mapping-ledger.ts'
import { usedUnsynced } from './two-step-iova.ts'

type DeviceAccess = Extract<Event, { event: 'device_access' }>
type CpuAccess = Extract<Event, { event: 'cpu_access' }>
type IoFault = Extract<Event, { event: 'io_page_fault' }>

export const deviceAccess = (ledger: MappingLedger, event: DeviceAccess): void => {
  const { device, dmaAddr, size, write, at } = event
  const did = `${device} ${write ? 'wrote' : 'read'} ${bytes(size)} at ${hex(dmaAddr)}`
  const say = (code: FindingCode, message: string, since?: number): void =>
    ledger.report(finding(code, `${did}: ${message}`, { device, evidence: since === undefined ? [at] : [since, at] }))
  if (event.addressBits !== undefined) {
    const reached = hex(dmaAddr % 2 ** event.addressBits)
    say('device-address-cut', `its mask of ${event.addressBits} bits cuts the address, so it went to ${reached}`)
  }
  const touched = coveredBy(ledger, device, dmaAddr, size)
  const first = touched.mappings[0]
  if (touched.bytes < size && hasUnnamed(ledger, device)) return
  if (first === undefined) {
    const undone = ledger.tracker.undoneAround(device, dmaAddr)
    if (undone === undefined) say('device-access-unmapped', 'nothing is mapped there')
    else
      say(
        'device-access-after-unmap',
        `${named(undone.mapping)} was undone at ${ledger.context.unit} ${undone.at}`,
        undone.at,
      )
    return
  }
  if (touched.bytes < size)
    say('device-access-overrun', `only ${bytes(touched.bytes)} from there on are mapped`, first.at)
  for (const mapping of touched.mappings) {
    ledger.bounces.accessed(mapping, dmaAddr, write, at)
    usedUnsynced(ledger, mapping, dmaAddr, at)
    if (mapping.dir === (write ? DIR.TO_DEVICE : DIR.FROM_DEVICE))
      say('device-access-direction', `${named(mapping)} does not allow it`, mapping.at)
    if (!write && mapping.owner === 'cpu' && mapping.cpuWroteAt > 0 && !isCoherent(ledger, device))
      say(
        'missing-sync',
        `the CPU wrote ${named(mapping)} at ${ledger.context.unit} ${mapping.cpuWroteAt} and did not sync it for the device`,
        mapping.cpuWroteAt,
      )
  }
}

/** A trace event names 128 entries of a list: what the others hold, nothing tells. */
const hasUnnamed = ({ tracker }: MappingLedger, device: string): boolean =>
  [...tracker.live(device)].some(({ list }) => list !== undefined && list.ents > list.sizes.length)

export const cpuAccess = (ledger: MappingLedger, event: CpuAccess): void => {
  if (event.mapping !== 'cached') return
  const runs = event.runs ?? [{ base: event.physAddr, len: event.size }]
  const did = `${event.task} ${event.write ? 'wrote' : 'read'} ${bytes(event.size)} at physical ${hex(event.physAddr)}`
  for (const mapping of ledger.tracker.live()) {
    if (mapping.kind === 'coherent' || !runs.some(({ base, len }) => holds(mapping, base, len))) continue
    if (mapping.owner === 'cpu') {
      if (event.write) mapping.cpuWroteAt = event.at
      continue
    }
    const { device } = mapping
    const evidence = [mapping.at, event.at]
    if (!event.write && (event.wrong ?? 0) > 0)
      ledger.report(
        finding(
          'stale-read',
          `${did} and got ${event.wrong} old bytes: ${named(mapping)} of ${device} was not synced for the CPU`,
          { device, evidence },
        ),
      )
    else if (event.write || mapping.dir !== DIR.TO_DEVICE)
      ledger.report(
        finding('cpu-access-device-owned', `${did} while ${device} owns it: ${named(mapping)}`, { device, evidence }),
      )
  }
}

/** An IOMMU stopped a device: what the address was says why. */
export const ioFault = (ledger: MappingLedger, event: IoFault): void => {
  const { device, iova, at } = event
  const did = `${device}: ${event.flags % 2 === 1 ? 'write' : 'read'} at IOVA ${hex(iova)} was stopped`
  const undone = ledger.tracker.undoneAround(device, iova)
  const live = [...ledger.tracker.live(device)]
  const physical = live.find((mapping) => holds(mapping, iova, 1) && mapping.dmaAddr !== mapping.physAddr)
  const before = live.find((mapping) => mapping.dmaAddr + mapping.size === iova)
  const [why, since] =
    undone !== undefined
      ? [`${named(undone.mapping)} was undone at ${ledger.context.unit} ${undone.at}: use after unmap`, undone.at]
      : physical !== undefined
        ? [`this is the physical address of ${named(physical)}: the device was given the wrong address`, physical.at]
        : before !== undefined
          ? [`${named(before)} ends here: an overrun`, before.at]
          : ['the log shows no mapping there', undefined]
  ledger.report(
    finding('iommu-fault', `${did}; ${why}`, { device, evidence: since === undefined ? [at] : [since, at] }),
  )
}

interface Covered {
  readonly mappings: readonly Mapping[]
  /** Bytes from the first address on that mappings hold without a gap. */
  readonly bytes: number
}

/** Segments of one list, and lists that happen to follow each other, count as one piece: a device sees addresses only. */
const coveredBy = (ledger: MappingLedger, device: string, dmaAddr: number, size: number): Covered => {
  const segments = [...ledger.tracker.live(device)].flatMap((mapping) =>
    segmentsOf(mapping).map(([start, len]) => ({ start, end: start + len, mapping })),
  )
  const mappings = new Set<Mapping>()
  let reached = dmaAddr
  for (;;) {
    const next = segments.find(({ start, end }) => start <= reached && reached < end)
    if (next === undefined || reached >= dmaAddr + size) break
    mappings.add(next.mapping)
    reached = next.end
  }
  return { mappings: [...mappings], bytes: Math.min(reached - dmaAddr, size) }
}

const segmentsOf = ({ list, dmaAddr, size }: Mapping): readonly (readonly [number, number])[] =>
  list === undefined ? [[dmaAddr, size]] : list.dmaAddrs.map((at, index) => [at, list.sizes[index] ?? 0])

/** By physical address; pages of a merged list have no known length. */
const holds = ({ list, physAddr, size }: Mapping, at: number, len: number): boolean => {
  const share = (start: number, bytesThere: number): boolean => start < at + len && at < start + bytesThere
  if (list === undefined) return physAddr !== undefined && share(physAddr, size)
  return list.nents === list.ents && list.physAddrs.some((start, index) => share(start, list.sizes[index] ?? 0))
}

const isCoherent = (ledger: MappingLedger, device: string): boolean =>
  ledger.context.session?.devices.find(({ name }) => name === device)?.coherent ?? true
