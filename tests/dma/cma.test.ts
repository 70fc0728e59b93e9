// CMA areas under the shipped kernels: whose memory comes from where, what the trace shows, and what `cma=` changes.
import { ATTR, type Event, type Lab, type Machine, pfnOf, type ReservedRegion } from '@dmalab/api'
import { createFtraceWriter, createReader } from '@dmalab/trace'
import { describe, expect, it } from 'vitest'
import { type IommuLabOptions, openIommuLab, value } from './iommu-lab.ts'

const MIB = 2 ** 20
const area = (name: string, base: number, len: number, more: Partial<ReservedRegion> = {}): ReservedRegion => ({
  name,
  base,
  len,
  compatible: 'shared-dma-pool',
  noMap: false,
  reusable: true,
  ...more,
})
const OWN = area('poold@64000000', 0x6400_0000, 64 * MIB)

/** The recorded boards: 1 GiB at 1 GiB, no device behind an IOMMU, a default area, and one that devices may name. */
const board = (base: number, len = 32 * MIB): Partial<Machine> => ({
  memory: [{ base: 0x4000_0000, len: 0x4000_0000 }],
  reserved: [area('reserved', base, len, { default: 'cma' }), OWN],
  iommus: [],
})
const ARM: IommuLabOptions = { kernel: 'arm@6.12', machine: { ...board(0x6e00_0000), arch: 'arm' } }
const open = (options: IommuLabOptions = {}) => openIommuLab({ machine: board(0x6d00_0000), ...options })

const alloc = (lab: Lab, size: number, attrs = 0) => lab.dma.allocAttrs(lab.device('card'), size, attrs, 'buffer')
const pfn = (lab: Lab, size: number): number =>
  pfnOf(value(alloc(lab, size)).handle as number as Parameters<typeof pfnOf>[0])
const pfns = (lab: Lab, size: number, count: number): number[] => Array.from({ length: count }, () => pfn(lab, size))
const cma = (events: readonly Event[]) =>
  events.filter(({ event }) => event.startsWith('cma_')).map(({ at: _at, ...event }) => event)

describe('buffers lie where they lay on the recorded boards', () => {
  it('behind the atomic pools in the default area, aligned to their order up to 1 MiB', () => {
    expect(pfn(open().lab, 0x10000)).toBe(0x6d060)
    expect(pfns(open({ machine: board(0x6b00_0000, 64 * MIB) }).lab, 57 * 4096, 3)).toEqual([0x6b080, 0x6b0c0, 0x6b100])
    const wide = board(0x76c0_0000, 128 * MIB)
    expect(pfns(open({ machine: wide }).lab, 169 * 4096, 4)).toEqual([0x76d00, 0x76e00, 0x76f00, 0x77000])
  })
  it('behind the one pool of 32-bit ARM', () => {
    expect(pfn(open(ARM).lab, 0x10000)).toBe(0x6e040)
  })
  it('at the start of the area that memory-region gives the device', () => {
    for (const options of [{}, ARM])
      expect(pfns(open({ ...options, device: { pools: [OWN.name] } }).lab, 57 * 4096, 3)).toEqual([
        0x64000, 0x64040, 0x64080,
      ])
  })
})

describe('an area', () => {
  it('tells of every buffer with the events of mm/cma.c, which a log carries and gives back', () => {
    const { lab, events } = open({ device: { pools: [OWN.name] } })
    const { cpuAddr, handle } = value(alloc(lab, 0x10000))
    lab.dma.freeAttrs(lab.device('card'), 0x10000, cpuAddr, handle, 0)
    const name = OWN.name
    const told = [
      { event: 'cma_alloc_start', name, count: 16, align: 4 },
      { event: 'cma_alloc_finish', name, pfn: 0x64000, count: 16, align: 4, errno: 0 },
      { event: 'cma_release', name, pfn: 0x64000, count: 16 },
    ]
    expect(cma(events)).toEqual(told)
    const order = events.map(({ event }) => event)
    expect(order.indexOf('cma_alloc_finish')).toBeLessThan(order.indexOf('dma_alloc'))
    expect(order.indexOf('dma_free')).toBeLessThan(order.indexOf('cma_release'))
    const writer = createFtraceWriter()
    for (const event of events) writer.onEvent(event)
    const text = writer.finish()
    expect(text).toContain('cma_alloc_start: name=poold@64000000 count=16 align=4')
    expect(text).toMatch(/cma_alloc_finish: name=poold@64000000 pfn=0x64000 page=\w+ count=16 align=4 errorno=0/)
    const back: Event[] = []
    const reader = createReader({ onEvent: (event) => back.push(event) })
    reader.push(Buffer.from(text, 'latin1'))
    reader.end()
    expect(cma(back).map(({ event, ...rest }) => [event, 'name' in rest ? rest.name : ''])).toEqual(
      told.map(({ event }) => [event, name]),
    )
  })
  it('serves single pages only to the devices that it was given to', () => {
    const own = open({ device: { pools: [OWN.name] } })
    expect(pfn(own.lab, 4096)).toBe(0x64000)
    const shared = open()
    expect(pfn(shared.lab, 4096)).toBeLessThan(0x6d000)
    expect(cma(shared.events)).toEqual([])
    expect(pfn(open(ARM).lab, 4096)).toBe(0x6e040)
  })
  it('that is full leaves a generic kernel with pages, and 32-bit ARM with nothing', () => {
    const full = (options: IommuLabOptions) => {
      const { lab, events } = open({ ...options, device: { pools: [OWN.name] } })
      value(alloc(lab, OWN.len))
      return { got: alloc(lab, 2 * MIB), events }
    }
    const generic = full({})
    expect(generic.got.ok).toBe(true)
    const text = 'cma: cma_alloc: poold@64000000: alloc failed, req-size: 512 pages, ret: -12'
    expect(generic.events).toContainEqual(expect.objectContaining({ event: 'printk', level: 'err', text }))
    expect(cma(generic.events).at(-1)).toEqual({
      event: 'cma_alloc_finish',
      name: OWN.name,
      pfn: 2 ** 64 - 1,
      count: 512,
      align: 8,
      errno: -12,
    })
    const arm = full(ARM)
    expect(arm.got).toMatchObject({ ok: false, errno: 'ENOMEM' })
    expect(cma(arm.events).at(-1)).toMatchObject({ pfn: 2 ** 32 - 1, errno: -12 })
  })
  it('starts and never finishes a request that is larger than itself', () => {
    const { lab, events } = open({ device: { pools: [OWN.name] } })
    expect(alloc(lab, OWN.len + 4096)).toMatchObject({ ok: false, errno: 'ENOMEM' })
    expect(cma(events).map(({ event }) => event)).toEqual(['cma_alloc_start'])
  })
  it('tries further on while pages are pinned, and says so', () => {
    const inject = [1, 2].map((nth) => ({ what: 'cmaBusy', device: 'card', nth }))
    const { lab, events } = open({ device: { pools: [OWN.name] }, inject })
    expect(pfn(lab, 0x10000)).toBe(0x64020)
    expect(cma(events).map((told) => [told.event, 'pfn' in told ? told.pfn : 0])).toEqual([
      ['cma_alloc_start', 0],
      ['cma_alloc_busy_retry', 0x64000],
      ['cma_alloc_busy_retry', 0x64010],
      ['cma_alloc_finish', 0x64020],
    ])
  })
  it('whose pages are all pinned fails with EBUSY on 32-bit ARM', () => {
    const device = { pools: [OWN.name] }
    const { lab, events } = open({ ...ARM, device, inject: [{ what: 'cmaBusy', nth: 1 }] })
    expect(alloc(lab, OWN.len)).toMatchObject({ ok: false, errno: 'EBUSY' })
    expect(cma(events).at(-1)).toMatchObject({ event: 'cma_alloc_finish', pfn: 0x64000, errno: -16 })
  })
  it('beyond what the device reaches is left again for pages that it does reach', () => {
    const machine = { ...board(0xa000_0000), memory: [{ base: 0x4000_0000, len: 0x8000_0000 }] }
    const { lab, events } = open({ device: { maskBits: 31 }, machine })
    expect(pfn(lab, 0x10000)).toBeLessThan(0x80000)
    expect(cma(events).map(({ event }) => event)).toEqual(['cma_alloc_start', 'cma_alloc_finish', 'cma_release'])
  })
  it('serves one piece behind an IOMMU, whose mapping is one entry', () => {
    const { lab, card, events } = openIommuLab({
      machine: { reserved: [{ ...OWN, base: 0x9000_0000 }] },
      device: { pools: [OWN.name] },
    })
    value(lab.dma.allocAttrs(card, 0x10000, ATTR.FORCE_CONTIGUOUS, 'buffer'))
    expect(cma(events)).toContainEqual(expect.objectContaining({ event: 'cma_alloc_finish', pfn: 0x90000 }))
  })
  it('each becomes a child of its own where memory-region names several', () => {
    const second = area('second', 0x6800_0000, 4 * MIB)
    const machine = { ...board(0x6d00_0000), reserved: [OWN, second] }
    const { lab, card } = open({ machine, device: { pools: [OWN.name, 'second'] } })
    expect(card.memDevices.map(({ name, cmaArea }) => [name, cmaArea])).toEqual([
      [`card.${OWN.name}`, OWN.name],
      ['card.second', 'second'],
    ])
    expect(value(lab.dma.allocAttrs(lab.device('card.second'), 0x10000, 0, 'buffer')).handle).toBe(0x6800_0000)
  })
})

describe('cma=', () => {
  const first = (cma: string): number => pfn(open({ cmdline: { cma } }).lab, 0x10000)

  it('puts the default area where it says, and gives the region of the device tree back', () => {
    expect(first('16M@0x50000000')).toBe(0x50060)
    // As high as memory is free: the region that was the default area no longer is.
    expect(first('16M')).toBe((0x8000_0000 - 16 * MIB) / 4096 + 0x60)
    expect(first('16M@0x50000000-0x60000000')).toBe((0x6000_0000 - 16 * MIB) / 4096 + 0x60)
  })
  it('leaves areas of devices alone', () => {
    expect(pfn(open({ cmdline: { cma: '0' }, device: { pools: [OWN.name] } }).lab, 0x10000)).toBe(0x64000)
  })
  it('of 0 leaves no area: nothing larger than the largest block can be had', () => {
    const { lab, events } = open({ cmdline: { cma: '0' } })
    expect(alloc(lab, 4 * MIB).ok).toBe(true)
    expect(alloc(lab, 5 * MIB)).toMatchObject({ ok: false, errno: 'ENOMEM' })
    expect(cma(events)).toEqual([])
    expect(alloc(open().lab, 5 * MIB).ok).toBe(true)
  })
  it('is refused when it is not a size', () => {
    expect(() => open({ cmdline: { cma: 'much' } })).toThrow('cma=much is not understood')
    expect(() => open({ cmdline: { coherent_pool: '1M@2' } })).toThrow('coherent_pool=1M@2 is not understood')
  })
})
