// Topic swiotlb: mappings through one bounce pool at a stated place.
import { DIR, type GoldenAdapter, phys, type PhysAddr, unreturned } from '@dmalab/api'
import { openVectorLab } from './machine.ts'
import { address, hexString, num, optional, rows } from './values.ts'

/** All original addresses lie below. */
const RAM = 2 ** 36
const SLOT = 2048

interface Mapping {
  readonly tlb: PhysAddr
  readonly size: number
}

export const swiotlb: GoldenAdapter = {
  topic: 'swiotlb',
  run(input, context) {
    const shift = input['dm'] === undefined ? 0 : address(input['dm'])
    const lab = openVectorLab(context, {
      memory: [{ base: 0, len: RAM }],
      device: {
        minAlignMask: num(input['mam']),
        segmentBoundaryBits: BigInt(String(input['bm'])).toString(2).length,
        ...(shift === 0 ? {} : { dmaRanges: [{ cpu: 0, bus: shift, len: RAM }] }),
      },
    })
    const host = lab.host(lab.device('device'))
    const start = phys(address(input['start']))
    host.initSwiotlb({ start, slots: num(input['n']), areas: num(input['areas']), force: false })
    const pool = host.swiotlb()
    if (pool === null) throw new Error('the device has no pool')

    const before = lab.balance()
    const mappings: (Mapping | null)[] = []
    const unmap = ({ tlb, size }: Mapping): void => pool.tblUnmapSingle(tlb, size, DIR.TO_DEVICE, 0)
    const ops = rows(input['ops']).map((op) => {
      if (op[0] === 'u') {
        const mapping = mappings[num(op[1])]
        if (mapping === undefined || mapping === null) throw new Error('a failed mapping is not undone')
        unmap(mapping)
        mappings[num(op[1])] = null
        return ['u', op[1]]
      }
      const [, orig, size, align, cpu] = op
      const tlb = pool.tblMapSingle(phys(address(orig)), num(size), num(align), DIR.TO_DEVICE, 0, num(cpu))
      mappings.push(tlb === undefined ? null : { tlb, size: num(size) })
      const slot = tlb === undefined ? -1 : Math.floor((tlb - start) / SLOT)
      return ['m', orig, size, align, cpu, tlb === undefined ? null : hexString(tlb), slot]
    })
    const areas = pool.areas()
    const seen = {
      max: pool.maxMappingSize(),
      ops,
      used: areas.map((area) => area.used),
      idx: areas.map((area) => area.index),
      ...(optional(input['n']) === 128 ? { lists: coded(pool.freeRuns()) } : {}),
    }
    for (const mapping of mappings) if (mapping !== null) unmap(mapping)
    return { ...seen, ...unreturned(before, lab.balance()) }
  },
}

/** `[first value, count]` per stretch: a free run counts down by one, taken slots are 0. */
const coded = (runs: readonly number[]): readonly (readonly [number, number])[] => {
  const out: [number, number][] = []
  for (const value of runs) {
    const last = out.at(-1)
    const expected = last === undefined ? -1 : last[0] === 0 ? 0 : last[0] - last[1]
    if (last !== undefined && value === expected && (value > 0 || last[0] === 0)) last[1] += 1
    else out.push([value, 1])
  }
  return out
}
