// What user space gets of coherent memory of dma-direct: pages of the buffer and no others, pools included; and how its lists are maintained.
import { ATTR, DIR, PAGE_SIZE, pfn } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { openIommuLab, RAM, value } from './iommu-lab.ts'

const SIZE = 5 * PAGE_SIZE
const POOL = {
  name: 'pool',
  base: RAM + 0x100_0000,
  len: 0x10_0000,
  compatible: 'shared-dma-pool',
  noMap: true,
  reusable: false,
} as const
const open = (device: object = {}, cpu: object = {}) =>
  openIommuLab({
    device: { iommu: undefined as never, ...device },
    machine: { iommus: [], reserved: [POOL], cpu: { lineSize: 64, aliasing: false, ...cpu } },
  })

describe.each([
  ['pages', {}],
  ['a pool', { pools: ['pool'] }],
])('memory of %s', (what, device) => {
  it.each([
    ['all', 0, 5, true],
    ['the last page', 4, 1, true],
    ['all but the first', 1, 4, true],
    ['one more', 1, 5, false],
    ['one behind the end', 5, 1, false],
  ])('%s', (_, pgoff, pages, fits) => {
    const { lab, card } = open(device)
    const { cpuAddr, handle } = value(lab.dma.allocAttrs(card, SIZE, 0, 'buffer'))
    expect(handle === POOL.base).toBe(what === 'a pool')
    const got = lab.dma.mmapAttrs(card, cpuAddr, handle, SIZE, 0, pages * PAGE_SIZE, pgoff)
    expect(got.ok ? [got.value.phys, got.value.len] : got.errno).toEqual(
      fits ? [handle + pgoff * PAGE_SIZE, pages * PAGE_SIZE] : 'ENXIO',
    )
    // The pool maps its memory in its own way.
    expect(got.ok ? got.value.kind : '').toBe(fits ? (what === 'a pool' ? 'writecombine' : 'uncached') : '')
  })

  it('half a page is one', () => {
    const { lab, card } = open(device)
    const { cpuAddr, handle } = value(lab.dma.allocAttrs(card, SIZE, 0, 'buffer'))
    expect(value(lab.dma.mmapAttrs(card, cpuAddr, handle, SIZE, 0, 1, 4)).len).toBe(PAGE_SIZE)
  })
})

const list = (lab: ReturnType<typeof open>['lab'], places: readonly number[], length = PAGE_SIZE) =>
  lab.sgTable(places.map((at) => ({ page: { kind: 'page', pfn: pfn(at / PAGE_SIZE) } as const, offset: 0, length })))

describe('a list', () => {
  const [FIRST, SECOND] = [RAM + 0x2000_0000, RAM + 0x2010_0000]
  it.each([
    ['to the device', DIR.TO_DEVICE, 0, 2, 0],
    ['from it', DIR.FROM_DEVICE, 0, 2, 2],
    ['both', DIR.BIDIRECTIONAL, 0, 2, 2],
    ['without a sync', DIR.BIDIRECTIONAL, ATTR.SKIP_CPU_SYNC, 0, 0],
  ] as const)('%s: pages that are maintained on map and on unmap', (_, dir, attrs, map, unmap) => {
    const { lab, card, events } = open()
    const table = list(lab, [FIRST, SECOND])
    const count = (op: string) => events.filter((one) => one.event === 'cache_maint' && one.op === op).length
    value(lab.dma.mapSgAttrs(card, table, dir, attrs))
    lab.dma.unmapSgAttrs(card, table, dir, attrs)
    expect([count('map'), count('unmap')]).toEqual([map, unmap])
  })

  it.each([true, false])('of a device that snoops (%s) is synced by its entries', (coherent) => {
    const { lab, card, events } = open({ coherent })
    const table = list(lab, [FIRST, SECOND])
    value(lab.dma.mapSgAttrs(card, table, DIR.BIDIRECTIONAL, ATTR.SKIP_CPU_SYNC))
    lab.dma.syncSgForCpu(card, table, DIR.BIDIRECTIONAL)
    lab.dma.syncSgForDevice(card, table, DIR.BIDIRECTIONAL)
    const told = events.flatMap((one) => (one.event === 'cache_maint' ? [[one.op, one.physAddr, one.size]] : []))
    const entries = (op: string) => [FIRST, SECOND].map((at) => [op, at, PAGE_SIZE])
    expect(told).toEqual(coherent ? [] : [...entries('unmap'), ...entries('map')])
  })
})

it('registers go out as they are, where the device reaches them', () => {
  const { lab, card, events } = open({ busLimit: 0xfff_ffff })
  const at = 0x900_0000 as never
  expect(lab.dma.mapResource(card, at, 64, DIR.TO_DEVICE, 0)).toEqual({ ok: true, value: 0x900_0000 })
  expect(lab.dma.mapResource(card, 0xfff_ffc0 as never, 64, DIR.TO_DEVICE, 0).ok).toBe(true)
  expect(lab.dma.mapResource(card, 0xfff_ffc0 as never, 65, DIR.TO_DEVICE, 0)).toMatchObject({ errno: 'EIO' })
  const said = events.flatMap((one) => (one.event === 'printk' ? [one.text] : []))
  expect(said.at(-1)).toMatch(/DMA addr 0x000000000fffffc0\+65 overflow \(mask ffffffff, bus limit fffffff\)\.$/)
})
