// The address of an IOMMU fault beside the mappings of a trace, and the device behind a stream or an IOMMU.
import { bytes, type Evidence, hex } from '@dmalab/api'
import type { Case } from '../facts/case-facts.ts'
import type { Mapping } from '../input/content.ts'
import type { Said } from './reach.ts'

/** How far behind a mapping an access still is an overrun. */
const NEAR = 2 ** 20

/** The address that a message of a fault names. */
export const addressIn = (text: string): number | undefined => {
  const named =
    /\b(?:iova|addr(?:ess)?|IOVA|fault addr|fault_address)\]?\s*[=:[(]?\s*\[?(?:0x)?([0-9a-f]{3,16})\b/i.exec(text)
  const found = named?.[1] ?? /\b(?:Page fault|fault) (?:at|addr) (?:0x)?([0-9a-f]{3,16})\b/i.exec(text)?.[1]
  const value = found === undefined ? undefined : Number.parseInt(found, 16)
  return value === undefined || !Number.isSafeInteger(value) ? undefined : value
}

/** What the mappings of the traces say of an address. */
export const sayMappings = (one: Case, address: number | undefined): Said => {
  if (address === undefined) return NOTHING
  for (const { file, facts } of one.traces) {
    const near = nearest(facts.mappings, address)
    if (near === undefined) continue
    const owner = near.device === '' ? 'the IOMMU' : near.device
    const range = `${hex(near.at)}, ${bytes(near.len)}, of ${owner} (line ${near.line})`
    const evidence: Evidence[] = [
      { file, line: near.line, text: `mapping ${hex(near.at)}, ${bytes(near.len)}` },
      ...(near.unmapped === undefined ? [] : [{ file, line: near.unmapped, text: `unmap ${hex(near.at)}` }]),
    ]
    const inside = address < near.at + near.len
    if (inside && near.unmapped !== undefined)
      return {
        what: [
          `${hex(address)} lies in a mapping that was undone before: ${range}, unmapped in line ${near.unmapped}: use after unmap`,
        ],
        evidence,
        tries: ['stop the device before its buffer is unmapped'],
        decides: true,
      }
    if (inside)
      return {
        what: [
          `${hex(address)} lies inside a live mapping: ${range}: the access was of another kind than the mapping allows, or of another device`,
        ],
        evidence,
        tries: ['map with the direction of the transfer'],
        decides: true,
      }
    return {
      what: [
        `${hex(address)} lies ${bytes(address - near.at - near.len)} behind the end of a mapping: ${range}: the device runs over its buffer`,
      ],
      evidence,
      tries: ['size, stride and padding that the device was given: it goes on behind the buffer'],
      decides: true,
    }
  }
  return NOTHING
}

/** The mapping that holds an address, the newest of several; else the closest that ends shortly before it. */
const nearest = (mappings: readonly Mapping[], address: number): Mapping | undefined => {
  const holding = mappings.findLast((one) => one.at <= address && address < one.at + one.len)
  if (holding !== undefined) return holding
  return mappings
    .filter((one) => one.at + one.len <= address && address - one.at - one.len < NEAR)
    .toSorted((a, b) => b.at + b.len - (a.at + a.len))[0]
}

/** Who stands behind the IOMMU or the stream that a message names. */
export const sayMaster = (one: Case, device: string, text: string): Said => {
  const { tree } = one
  if (tree === undefined) return NOTHING
  const behind = [...tree.behind].find(
    ([iommu]) => iommu === device || iommu.split('.')[0] === device.split('.')[0],
  )?.[1]
  const stream = /\b(?:sid|StreamID|streamid|stream|cbfrsynra)\s*[=:]?\s*(?:0x)?([0-9a-f]{1,8})\b/i.exec(text)?.[1]
  const id = stream === undefined ? undefined : Number.parseInt(stream, 16)
  const master = tree.streams.find((one_) => one_.id === id)?.device
  const evidence: Evidence[] = [{ file: tree.file, line: null, text: 'iommus' }]
  if (master !== undefined)
    return { what: [`stream ${hex(id ?? 0)} is ${master}`], evidence, tries: [], decides: false }
  if (behind === undefined || behind.length === 0) return NOTHING
  const names = behind.slice(0, 6).join(', ')
  return {
    what: [`behind ${device} ${behind.length === 1 ? 'stands' : 'stand'} ${names}`],
    evidence,
    tries: [],
    decides: false,
  }
}

const NOTHING: Said = { what: [], evidence: [], tries: [], decides: false }
