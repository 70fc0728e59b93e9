// Coherent memory behind dma-iommu in each way it is had: in one piece or scattered, for a device that snoops or does not, asleep or not;
// whatever fails on the way, nothing stays.
import { ATTR, type KernelVaddr, PAGE_SIZE, pfnOf, phys } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { openIommuLab, value } from './iommu-lab.ts'

const SIZE = 5 * PAGE_SIZE
const ways = [
  ['scattered', 0, false],
  ['scattered, snooping', 0, true],
  ['single pages', ATTR.ALLOC_SINGLE_PAGES, false],
  ['in one piece', ATTR.FORCE_CONTIGUOUS, false],
  ['in one piece, snooping', ATTR.FORCE_CONTIGUOUS, true],
  ['write-combined', ATTR.WRITE_COMBINE, false],
] as const

describe.each(ways)('%s', (_, attrs, coherent) => {
  it('is zeroed, reached by both sides, and comes back whole', () => {
    const { lab, card } = openIommuLab({ device: { coherent } })
    const before = lab.balance()
    for (let round = 0; round < 2; round += 1) {
      const { cpuAddr, handle } = value(lab.dma.allocAttrs(card, SIZE, attrs, 'buffer'))
      expect(lab.bus(card).read({ at: handle, len: SIZE }, new Uint8Array(SIZE))).toMatchObject({
        wrong: 0,
        blocked: 0,
      })
      expect(lab.bus(card).read({ at: (handle + SIZE) as typeof handle, len: PAGE_SIZE }).blocked).toBe(PAGE_SIZE)
      lab.bus(card).write({ at: handle, len: SIZE, owner: 'buffer' }, { seed: 9 })
      const mapping = value(lab.dma.mmapAttrs(card, cpuAddr, handle, SIZE, attrs))
      const kind = coherent ? 'cached' : attrs === ATTR.WRITE_COMBINE ? 'writecombine' : 'uncached'
      expect(mapping).toMatchObject({ kind, len: SIZE })
      expect(lab.userCompare(mapping, SIZE, 'buffer').wrong).toBe(0)
      const table = value(lab.dma.getSgtableAttrs(card, cpuAddr, handle, SIZE, attrs))
      expect(table.entries().reduce((sum, { length }) => sum + length, 0)).toBe(SIZE)
      lab.sgFree(table)
      lab.dma.freeAttrs(card, SIZE, cpuAddr, handle, attrs)
      expect(lab.bus(card).read({ at: handle, len: PAGE_SIZE }).blocked).toBe(PAGE_SIZE)
      expect(lab.balance()).toEqual(before)
    }
  })

  it.each(['pages', 'iova', 'pageTable', 'vmap'] as const)('a failing %s leaves nothing', (what) => {
    for (let nth = 1; nth <= 3; nth += 1) {
      const { lab, card } = openIommuLab({ device: { coherent }, inject: [{ what, nth }] })
      const before = lab.balance()
      const got = lab.dma.allocAttrs(card, SIZE, attrs, 'buffer')
      if (got.ok) lab.dma.freeAttrs(card, SIZE, got.value.cpuAddr, got.value.handle, attrs)
      expect(got.ok ? 'ENOMEM' : got.errno).toBe('ENOMEM')
      expect(lab.balance()).toEqual(before)
    }
  })
})

it('pages one by one are asked for where single ones are, else the largest first', () => {
  const pieces = (attrs: number, size: number): readonly number[] => {
    const { lab, card, events } = openIommuLab()
    const { cpuAddr, handle } = value(lab.dma.allocAttrs(card, size, attrs, 'buffer'))
    const mapped = events.filter(({ event }) => event === 'map').map((event) => ('size' in event ? event.size : 0))
    lab.dma.freeAttrs(card, size, cpuAddr, handle, attrs)
    return mapped
  }
  const total = (sizes: readonly number[]) => sizes.reduce((sum, size) => sum + Number(size), 0)
  expect(total(pieces(0, 2 ** 21 + PAGE_SIZE))).toBe(2 ** 21 + PAGE_SIZE)
  expect(total(pieces(ATTR.ALLOC_SINGLE_PAGES, 2 ** 21 + PAGE_SIZE))).toBe(2 ** 21 + PAGE_SIZE)
})

describe('for a caller that may not sleep', () => {
  it.each([
    [false, 'uncached'],
    [true, 'cached'],
  ])('a device that snoops: %s', (coherent, kind) => {
    const { lab, card } = openIommuLab({ device: { coherent } })
    const before = lab.balance()
    const { cpuAddr, handle } = value(lab.dma.allocAtomic(card, SIZE, 0, 'buffer'))
    expect(lab.mem.resolve(cpuAddr)?.kind).toBe(kind)
    expect(lab.bus(card).read({ at: handle, len: SIZE }, new Uint8Array(SIZE)).wrong).toBe(0)
    const mapping = value(lab.dma.mmapAttrs(card, cpuAddr, handle, SIZE, 0, PAGE_SIZE, 2))
    expect(mapping.phys).toBe((lab.mem.resolve(cpuAddr)?.phys ?? 0) + 2 * PAGE_SIZE)
    const table = value(lab.dma.getSgtableAttrs(card, cpuAddr, handle, SIZE, 0))
    expect(table.entry(0)).toMatchObject({
      length: SIZE,
      page: { pfn: pfnOf(lab.mem.resolve(cpuAddr)?.phys ?? phys(0)) },
    })
    lab.sgFree(table)
    lab.dma.freeAttrs(card, SIZE, cpuAddr, handle, 0)
    expect(lab.balance()).toEqual(before)
  })

  it.each(['atomicPool', 'iova', 'pageTable'] as const)('a failing %s leaves nothing', (what) => {
    const { lab, card } = openIommuLab({ inject: [{ what, nth: 1 }] })
    const before = lab.balance()
    expect(lab.dma.allocAtomic(card, SIZE, 0, 'buffer')).toMatchObject({ ok: false, errno: 'ENOMEM' })
    expect(lab.balance()).toEqual(before)
  })
})

it('an address that nothing is mapped at has neither a mapping for tasks nor a table', () => {
  const { lab, card } = openIommuLab()
  const nowhere = 0xffff_8000_0000_0000n as KernelVaddr
  const why = 'nothing is mapped at this address'
  expect(lab.dma.mmapAttrs(card, nowhere, 0 as never, PAGE_SIZE, 0)).toEqual({ ok: false, errno: 'ENXIO', why })
  expect(lab.dma.getSgtableAttrs(card, nowhere, 0 as never, PAGE_SIZE, 0)).toEqual({ ok: false, errno: 'ENXIO', why })
})
