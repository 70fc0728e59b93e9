// Bus addresses set aside behind an IOMMU: what is mapped before the driver starts, and what no mapping ever gets.
import { type DeviceFacts, DIR, type DmaAddr, pfnOf, type PhysAddr, type Range } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { openIommuLab, RAM, value } from './iommu-lab.ts'

const LAST_16M: Range = { base: 0xff00_0000, len: 0x100_0000 }

/** Addresses of `count` mappings of one page that stay. */
const addresses = (device: Partial<DeviceFacts>, count = 1, size = 0x1000): DmaAddr[] => {
  const { lab, card } = openIommuLab({ device })
  const user = value(lab.userAlloc(size, 'frame'))
  const page = { kind: 'page', pfn: pfnOf(user.phys) } as const
  return Array.from({ length: count }, () => value(lab.dma.mapPageAttrs(card, page, 0, size, DIR.TO_DEVICE, 0)))
}
const inside = (at: number, { base, len }: Range): boolean => at >= base && at < base + len

describe('a direct region', () => {
  const region = { base: RAM + 0x1000_0000, len: 0x20_0000 }
  const device = { iommuRegions: [{ ...region, type: 'direct' }] } as const

  it('is reached at its own address before anything is mapped', () => {
    const { lab, card } = openIommuLab({ device })
    lab.bus(card).write({ at: region.base as DmaAddr, len: 64 }, { seed: 1 })
    expect(lab.bus(card).read({ at: region.base as DmaAddr, len: 64 }, { seed: 1 })).toMatchObject({
      blocked: 0,
      wrong: 0,
    })
    const behind = (region.base + region.len) as DmaAddr
    expect(lab.bus(card).read({ at: behind, len: 4 })).toMatchObject({ blocked: 4 })
  })
  it('lets a display go on that the firmware started; without it every access faults', () => {
    const { lab, card, events } = openIommuLab()
    expect(lab.bus(card).read({ at: region.base as DmaAddr, len: 4 })).toMatchObject({ blocked: 4 })
    expect(events).toContainEqual(expect.objectContaining({ event: 'io_page_fault', iova: region.base }))
  })
  it('is kept from the allocator', () => {
    const top = { iommuRegions: [{ ...LAST_16M, type: 'direct' }] } as const
    expect(addresses({})[0]).toBe(0xffff_f000)
    expect(addresses(top)[0]).toBe(LAST_16M.base - 0x1000)
  })
  it('may overlap another: what is mapped already is left alone', () => {
    const { lab, card } = openIommuLab({
      device: {
        iommuRegions: [
          { ...region, type: 'direct' },
          { base: region.base - 0x1000, len: 0x40_0000, type: 'direct-relaxable' },
        ],
      },
    })
    const at = (region.base + 0x30_0000) as DmaAddr
    expect(lab.bus(card).read({ at, len: 4 })).toMatchObject({ blocked: 0 })
    expect(lab.bus(card).read({ at: (region.base - 0x1000) as DmaAddr, len: 4 })).toMatchObject({ blocked: 0 })
  })
})

describe('a reserved region', () => {
  it('is neither mapped nor handed out', () => {
    const device = { iommuRegions: [{ ...LAST_16M, type: 'reserved' }] } as const
    const { lab, card } = openIommuLab({ device })
    expect(lab.bus(card).read({ at: LAST_16M.base as DmaAddr, len: 4 })).toMatchObject({ blocked: 4 })
    for (const at of addresses(device, 40)) expect(inside(at, LAST_16M)).toBe(false)
  })
  it('of MSI doorbells is kept when the hardware fixes it, and handed out when the kernel places it itself', () => {
    const hardware = { maskBits: 28, iommuRegions: [{ base: 0xf00_0000, len: 0x100_0000, type: 'msi' }] } as const
    expect(addresses(hardware)[0]).toBe(0xeff_f000)
    const software = { ...hardware, iommuRegions: [{ ...hardware.iommuRegions[0], type: 'sw-msi' }] } as const
    expect(addresses(software)[0]).toBe(0xfff_f000)
    // The SMMU's own such window, 1 MiB at 128 MiB.
    const [at] = addresses({
      maskBits: 27 + 1,
      iommuRegions: [{ base: 0x810_0000, len: 0x7f0_0000, type: 'reserved' }],
    })
    expect(inside(at!, { base: 0x800_0000, len: 0x10_0000 })).toBe(true)
  })
})

describe('a PCI function', () => {
  it('gets no address that its host bridge would send to another card', () => {
    const pci = { untrusted: false, windows: [{ base: 0x9000_0000, len: 0x7000_0000 }] }
    expect(addresses({ maskBits: 64, pci })[0]).toBe(0x8fff_f000)
  })
  it('stays inside the inbound windows, and loses the first page of each that has a gap below', () => {
    const dmaRanges = [{ cpu: RAM, bus: 0x4000_0000, len: 0x3000 }]
    const device = { pci: { untrusted: false, windows: [] }, dmaRanges, maskBits: 32 }
    expect(addresses(device, 2)).toEqual([0x4000_2000, 0x4000_1000])
    const { lab, card } = openIommuLab({ device })
    const user = value(lab.userAlloc(0x1000, 'frame'))
    const page = { kind: 'page', pfn: pfnOf(user.phys) } as const
    const map = () => lab.dma.mapPageAttrs(card, page, 0, 0x1000, DIR.TO_DEVICE, 0)
    expect([map().ok, map().ok, map().ok]).toEqual([true, true, false])
  })
  it('tries 32 bits first and says so when they are full', () => {
    const pci = { untrusted: false, windows: [{ base: 0x1000, len: 0xffff_e000 }] }
    const { lab, card, events } = openIommuLab({ device: { pci, maskBits: 40 } })
    const user = value(lab.userAlloc(0x2000, 'frame'))
    const page = { kind: 'page', pfn: pfnOf(user.phys) } as const
    const map = () => value(lab.dma.mapPageAttrs(card, page, 0, 0x2000, DIR.TO_DEVICE, 0))
    expect(map()).toBeGreaterThan(0xffff_ffff)
    map()
    expect(events.filter((e) => e.event === 'printk' && e.text.includes('Using 40-bit DMA addresses'))).toHaveLength(1)
    expect(addresses({ maskBits: 40, pci: { untrusted: false, windows: [] } })[0]).toBe(0xffff_f000)
    expect(addresses({ maskBits: 40 })[0]).toBe(2 ** 40 - 0x1000)
  })
})

it('the first address lies inside the bus windows of the device', () => {
  const { lab, card } = openIommuLab({ device: { dmaRanges: [{ cpu: RAM, bus: 0xffff_e000, len: 0x2000 }] } })
  const user = value(lab.userAlloc(0x1000, 'frame'))
  const page = { kind: 'page', pfn: pfnOf(user.phys as PhysAddr) } as const
  const map = () => lab.dma.mapPageAttrs(card, page, 0, 0x1000, DIR.TO_DEVICE, 0)
  expect([map(), map(), map()].map((mapped) => (mapped.ok ? mapped.value : mapped.errno))).toEqual([
    0xffff_f000,
    0xffff_e000,
    'EIO',
  ])
})
