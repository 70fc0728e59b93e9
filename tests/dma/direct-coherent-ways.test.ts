// Coherent memory of dma-direct in each way it is had: snooping or not, with or without a kernel mapping, asleep or not, out of reach;
// whatever fails on the way, nothing stays.
import { ATTR, type DeviceFacts, type Injection, PAGE_SIZE, physOf } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { openIommuLab, RAM, value } from './iommu-lab.ts'

const SIZE = 5 * PAGE_SIZE
const MIB = 2 ** 20
const CMA = {
  name: 'linux,cma',
  base: RAM + 256 * MIB,
  len: 16 * MIB,
  compatible: 'shared-dma-pool',
  noMap: false,
  reusable: true,
  default: 'cma',
} as const
const open = (device: Partial<DeviceFacts>, cma = true, inject: readonly Injection[] = []) =>
  openIommuLab({
    device,
    inject,
    machine: { iommus: [{ name: 'smmu', model: 'arm-smmu-v3', enabled: false }], reserved: cma ? [CMA] : [] },
  })
const inCma = (at: number): boolean => at >= CMA.base && at < CMA.base + CMA.len

const ways = [
  ['uncached', 0, false, 'uncached'],
  ['write-combined', ATTR.WRITE_COMBINE, false, 'writecombine'],
  ['snooping', 0, true, 'cached'],
  ['snooping, write-combined', ATTR.WRITE_COMBINE, true, 'cached'],
] as const

describe.each(ways)('%s', (_, attrs, coherent, kind) => {
  it.each([
    [SIZE, true],
    [PAGE_SIZE, false],
    [1, false],
  ])('%i bytes are zeroed, reached by both sides, and come back whole', (size, fromCma) => {
    const { lab, card } = open({ coherent })
    const before = lab.balance()
    for (let round = 0; round < 2; round += 1) {
      const { cpuAddr, handle } = value(lab.dma.allocAttrs(card, size, attrs, 'buffer'))
      // A single page is not taken from the default area. Models: Linux v6.12 kernel/dma/contiguous.c: dma_alloc_contiguous
      expect(inCma(handle)).toBe(fromCma)
      expect(lab.mem.resolve(cpuAddr)).toEqual({ phys: handle, kind })
      expect(lab.bus(card).read({ at: handle, len: size }, new Uint8Array(size)).wrong).toBe(0)
      lab.bus(card).write({ at: handle, len: size, owner: 'buffer' }, { seed: 9 })
      const mapping = value(lab.dma.mmapAttrs(card, cpuAddr, handle, size, attrs))
      expect(mapping).toMatchObject({ kind, phys: handle })
      expect(lab.userCompare(mapping, size, 'buffer').wrong).toBe(0)
      const table = value(lab.dma.getSgtableAttrs(card, cpuAddr, handle, size, attrs))
      expect(table.entry(0)).toMatchObject({ page: { pfn: handle / PAGE_SIZE }, offset: 0 })
      lab.sgFree(table)
      lab.dma.freeAttrs(card, size, cpuAddr, handle, attrs)
      expect(lab.balance()).toEqual(before)
    }
  })

  it.each(['pages', 'vmap', 'cmaBusy'] as const)('a failing %s leaves nothing', (what) => {
    // Pools that the kernel makes while it boots take pages, too.
    const refused = [1, 2, 3, 4, 5].map((nth) => {
      const { lab, card } = open({ coherent }, what === 'cmaBusy', [{ what, nth }])
      const before = lab.balance()
      const got = lab.dma.allocAttrs(card, SIZE, attrs, 'buffer')
      if (got.ok) lab.dma.freeAttrs(card, SIZE, got.value.cpuAddr, got.value.handle, attrs)
      expect(lab.balance()).toEqual(before)
      return !got.ok
    })
    // A range whose pages are pinned is followed by the next one; lowmem of a device that snoops needs no mapping.
    expect(refused.includes(true)).toBe(what === 'pages' || (what === 'vmap' && !coherent))
  })
})

it.each([false, true])(
  'without a kernel mapping the address is that of the first struct page (snooping: %s)',
  (coherent) => {
    const { lab, card } = open({ coherent })
    const before = lab.balance()
    const { cpuAddr, handle } = value(lab.dma.allocAttrs(card, SIZE, ATTR.NO_KERNEL_MAPPING, 'buffer'))
    expect(cpuAddr).toBe(lab.mem.pageStructAddress((handle / PAGE_SIZE) as never))
    lab.dma.freeAttrs(card, SIZE, cpuAddr, handle, ATTR.NO_KERNEL_MAPPING)
    expect(lab.balance()).toEqual(before)
  },
)

describe('for a caller that may not sleep', () => {
  it.each([
    [{ coherent: false }, 0, 'uncached'],
    [{ coherent: true }, 0, 'cached'],
    [{ coherent: false }, ATTR.WRITE_COMBINE, 'uncached'],
  ])('%o, attributes %i: %s memory', (device, attrs, kind) => {
    const { lab, card } = open(device)
    const before = lab.balance()
    const { cpuAddr, handle } = value(lab.dma.allocAtomic(card, SIZE, attrs, 'buffer'))
    expect(lab.mem.resolve(cpuAddr)).toEqual({ phys: handle, kind })
    expect(lab.bus(card).read({ at: handle, len: SIZE }, new Uint8Array(SIZE)).wrong).toBe(0)
    lab.dma.freeAttrs(card, SIZE, cpuAddr, handle, attrs)
    expect(lab.balance()).toEqual(before)
  })

  it('an exhausted pool is -ENOMEM, and takes nothing', () => {
    const { lab, card } = open({}, true, [{ what: 'atomicPool', nth: 1 }])
    const before = lab.balance()
    expect(lab.dma.allocAtomic(card, SIZE, 0, 'buffer')).toMatchObject({
      errno: 'ENOMEM',
      why: 'the atomic pools are exhausted for card on request',
    })
    expect(lab.balance()).toEqual(before)
  })
})

describe('memory that the device does not reach', () => {
  it('is given back: first that of the area, then the pages', () => {
    const { lab, card } = open({ coherentMaskBits: 32, busLimit: RAM - 1 })
    const before = lab.balance()
    const got = lab.dma.allocAttrs(card, SIZE, 0, 'buffer')
    expect(got.ok ? '' : got.errno).toBe('ENOMEM')
    expect(lab.balance()).toEqual(before)
  })

  it('is not taken where pages below the limit are free', () => {
    const busLimit = CMA.base - 1
    const { lab, card } = open({ busLimit })
    const before = lab.balance()
    const { cpuAddr, handle } = value(lab.dma.allocAttrs(card, SIZE, 0, 'buffer'))
    expect(handle + SIZE - 1).toBeLessThanOrEqual(busLimit)
    expect(lab.mem.ownerAt(physOf((handle / PAGE_SIZE) as never))).toBe('buffer')
    lab.dma.freeAttrs(card, SIZE, cpuAddr, handle, 0)
    expect(lab.balance()).toEqual(before)
  })

  it('why it fails names the area and the pages', () => {
    const { lab, card } = open({ busLimit: RAM - 1 })
    const got = lab.dma.allocAttrs(card, SIZE, 0, 'buffer')
    expect(got.ok ? '' : got.why).toMatch(
      /^the default CMA area: card does not reach the memory at 0x9\w{7}; no .* below 0x7fffffff/,
    )
    const bare = open({ busLimit: RAM - 1 }, false)
    const none = bare.lab.dma.allocAttrs(bare.card, SIZE, 0, 'buffer')
    expect(none.ok ? '' : none.why).toMatch(/the board states no default CMA area.*; no .* below 0x7fffffff/)
    const page = bare.lab.dma.allocAttrs(bare.card, PAGE_SIZE, 0, 'buffer')
    expect(page.ok ? '' : page.why).toMatch(/^no .* below 0x7fffffff/)
  })
})

it('no bytes are no memory', () => {
  const { lab, card } = open({})
  expect(lab.dma.allocAttrs(card, 0, 0, 'buffer')).toMatchObject({ errno: 'ENOMEM', why: 'no block is of 0 bytes' })
})
