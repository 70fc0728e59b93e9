// PLACE: where a bus address leads, in the words of the records.
import { type Device, type DmaAddr, type Lab, type PhysAddr, physOf, type SgTable } from '@dmalab/api'

/** Is the device behind an IOMMU that translates for it? */
export const isTranslated = ({ opsName }: Device): boolean => opsName.endsWith('iommu')

const hex = (value: number): string => value.toString(16)

/** A difference as the kernel prints an unsigned 64-bit number. */
const unsigned = (value: number): string => BigInt.asUintN(64, BigInt(value)).toString(16)

/** `direct+LEN d=DELTA`, `tlb:OFFSET+LEN d=DELTA` and so on. `expected`: the memory that was mapped, where it is known. */
export const placeOf = (lab: Lab, device: Device, at: DmaAddr, len: number, expected?: PhysAddr): string => {
  if (isTranslated(device)) return `iova=${hex(at)}+${hex(len)}`
  const phys = lab.host(device).dmaToPhys(at)
  // Where no window matches the kernel goes on with all ones.
  if (phys === undefined) return `ram:0+${hex(len)} d=${(2n ** 64n - 1n - BigInt(at)).toString(16)}`
  if (phys === expected) return `direct+${hex(len)} d=${unsigned(phys - at)}`
  return `${within(lab, device, phys)}+${hex(len)} d=${unsigned(phys - at)}`
}

/** A mapped list: `nents=N/ORIG | PLACE |~ PLACE ...`. */
export const listPlaces = (lab: Lab, device: Device, table: SgTable): string => {
  const unmerged = table.nents === table.origNents
  let end = -1
  const places = Array.from({ length: table.nents }, (_, i) => {
    const { page, offset, dmaAddress, dmaLength } = table.entry(i)
    const known = page.kind === 'page' && (unmerged || i === 0)
    const expected = known ? ((physOf(page.pfn) + offset) as PhysAddr) : undefined
    const adjacent = dmaAddress === end ? '~' : ''
    end = dmaAddress + dmaLength
    return ` |${adjacent} ${placeOf(lab, device, dmaAddress, dmaLength, expected)}`
  })
  return `nents=${table.nents}/${table.origNents}${places.join('')}`
}

/** A bounce slot, a reserved region, or other RAM. */
const within = (lab: Lab, device: Device, at: PhysAddr): string => {
  const pool = lab.host(device).swiotlb()
  if (pool?.contains(at) === true) return `tlb:${hex(at - pool.start)}`
  const region = lab.machine.reserved.find(({ base, len }) => at >= base && at < base + len)
  return region === undefined ? 'ram:0' : `${region.name}:${hex(at - region.base)}`
}
