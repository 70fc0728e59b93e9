// Bouncing behind an IOMMU: what an untrusted card and a small buffer of a device that does not snoop get to see.
import { ATTR, type DeviceFacts, DIR, type DmaAddr, pfnOf, phys, type PhysAddr, type SgPage } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { openIommuLab, value } from './iommu-lab.ts'

const UNTRUSTED: Partial<DeviceFacts> = { pci: { untrusted: true, windows: [] }, maskBits: 64, coherent: true }
const page = (at: PhysAddr): SgPage => ({ kind: 'page', pfn: pfnOf(at) })
const bounced = (events: readonly { readonly event: string }[]): number =>
  events.filter(({ event }) => event === 'swiotlb_bounced').length

/** 8 KiB of one owner's bytes; the buffer lies in the middle of them. */
const neighbours = (device: Partial<DeviceFacts>, dir: 0 | 1 | 2, offset: number, size: number, attrs = 0) => {
  const opened = openIommuLab({ device })
  const { lab, card } = opened
  const user = value(lab.userAlloc(0x2000, 'secrets'))
  lab.userWrite(user, { seed: 7 }, 0x2000, 'secrets')
  const handle = value(lab.dma.mapPageAttrs(card, page(user.phys), offset, size, dir, attrs))
  return { ...opened, user, handle }
}

describe('an untrusted card', () => {
  it('finds its bytes and zeros around them, never its neighbours', () => {
    // A device that keeps the low bits of addresses (NVMe) has padding on both sides.
    const device = { ...UNTRUSTED, minAlignMask: 0xfff }
    const { lab, card, events, handle } = neighbours(device, DIR.BIDIRECTIONAL, 0x200, 0x100)
    expect(handle % 0x1000).toBe(0x200)
    const granule = (handle - (handle % 0x1000)) as DmaAddr
    expect(lab.bus(card).read({ at: handle, len: 0x100 }, { seed: 7, offset: 0x200 })).toMatchObject({ wrong: 0 })
    expect(lab.bus(card).read({ at: granule, len: 0x200 }, 0)).toMatchObject({ wrong: 0, blocked: 0 })
    const behind = (handle + 0x100) as DmaAddr
    expect(lab.bus(card).read({ at: behind, len: 0xd00 }, 0)).toMatchObject({ wrong: 0, blocked: 0 })
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'swiotlb_bounced', device: 'card', size: 0x100, force: false }),
    )
  })
  it('that does not ask for aligned addresses has its bytes at the start of a granule', () => {
    const { lab, card, handle } = neighbours(UNTRUSTED, DIR.BIDIRECTIONAL, 0x200, 0x100)
    expect(handle % 0x1000).toBe(0)
    expect(lab.bus(card).read({ at: (handle + 0x100) as DmaAddr, len: 0xf00 }, 0)).toMatchObject({ wrong: 0 })
  })
  it('that were trusted would see the whole page', () => {
    const { lab, card, events, handle } = neighbours(
      { ...UNTRUSTED, pci: { untrusted: false, windows: [] } },
      DIR.BIDIRECTIONAL,
      0x200,
      0x100,
    )
    const granule = (handle - (handle % 0x1000)) as DmaAddr
    expect(lab.bus(card).read({ at: granule, len: 0x1000 }, { seed: 7 })).toMatchObject({ wrong: 0, blocked: 0 })
    expect(bounced(events)).toBe(0)
  })
  it('gets whole pages as they lie', () => {
    const { events } = neighbours(UNTRUSTED, DIR.BIDIRECTIONAL, 0, 0x1000)
    expect(bounced(events)).toBe(0)
  })
  it('has what it wrote copied back by a sync and by the unmap, not before', () => {
    const { lab, card, user, handle } = neighbours(UNTRUSTED, DIR.FROM_DEVICE, 0x200, 0x100)
    lab.bus(card).write({ at: handle, len: 0x100 }, { seed: 9 })
    const wrong = () => lab.userCompare(user, 0x100, 'secrets', { content: { seed: 9 }, offset: 0x200 }).wrong
    expect(wrong()).toBeGreaterThan(0)
    lab.dma.syncSingleForCpu(card, handle, 0x100, DIR.FROM_DEVICE)
    expect(wrong()).toBe(0)
    lab.bus(card).write({ at: handle, len: 0x100 }, { seed: 10 })
    lab.dma.unmapPageAttrs(card, handle, 0x100, DIR.FROM_DEVICE, 0)
    expect(lab.userCompare(user, 0x100, 'secrets', { content: { seed: 10 }, offset: 0x200 }).wrong).toBe(0)
    expect(lab.bus(card).read({ at: handle, len: 4 })).toMatchObject({ blocked: 4 })
    expect(lab.host(card).swiotlb()?.areas()).toEqual([expect.objectContaining({ used: 0 })])
  })
  it('loses what it wrote when the unmap skips the sync', () => {
    const { lab, card, user, handle } = neighbours(UNTRUSTED, DIR.FROM_DEVICE, 0x200, 0x100)
    lab.bus(card).write({ at: handle, len: 0x100 }, { seed: 9 })
    lab.dma.unmapPageAttrs(card, handle, 0x100, DIR.FROM_DEVICE, ATTR.SKIP_CPU_SYNC)
    const got = lab.userCompare(user, 0x100, 'secrets', { content: { seed: 9 }, offset: 0x200 })
    expect(got.wrong).toBeGreaterThan(0)
  })
  it('sees a new text of the CPU after a sync for the device', () => {
    const { lab, card, user, handle } = neighbours(UNTRUSTED, DIR.TO_DEVICE, 0x200, 0x100)
    lab.userWrite(user, { seed: 11 }, 0x100, 'secrets', 0x200)
    const read = () => lab.bus(card).read({ at: handle, len: 0x100 }, { seed: 11 }).wrong
    expect(read()).toBeGreaterThan(0)
    lab.dma.syncSingleForDevice(card, handle, 0x100, DIR.TO_DEVICE)
    expect(read()).toBe(0)
  })
  it('has every entry of a list mapped by itself, so that nothing joins', () => {
    const { lab, card, events } = openIommuLab({ device: UNTRUSTED })
    const user = value(lab.userAlloc(0x4000, 'frame'))
    lab.userWrite(user, { seed: 3 }, 0x4000, 'frame')
    const table = lab.sgTable([
      { page: page(user.phys), offset: 0, length: 0x1000 },
      { page: page(phys(user.phys + 0x1000)), offset: 0, length: 0x1000 },
      { page: page(phys(user.phys + 0x2000)), offset: 0x40, length: 0x80 },
    ])
    expect(value(lab.dma.mapSgAttrs(card, table, DIR.BIDIRECTIONAL, 0))).toBe(3)
    expect(bounced(events)).toBe(1)
    const [, , last] = table.entries()
    expect(lab.bus(card).read({ at: last!.dmaAddress, len: 0x80 }, { seed: 3, offset: 0x2040 }).wrong).toBe(0)
    lab.bus(card).write({ at: last!.dmaAddress, len: 0x80 }, { seed: 4 })
    lab.dma.syncSgForCpu(card, table, DIR.BIDIRECTIONAL)
    expect(lab.userCompare(user, 0x80, 'frame', { content: { seed: 4 }, offset: 0x2040 }).wrong).toBe(0)
    lab.dma.unmapSgAttrs(card, table, DIR.BIDIRECTIONAL, 0)
    expect(lab.bus(card).read({ at: last!.dmaAddress, len: 4 })).toMatchObject({ blocked: 4 })
  })
  it('is refused partial pages when there is no bounce pool, and the earlier entries of the list are undone', () => {
    const { lab, card, events } = openIommuLab({ device: UNTRUSTED, cmdline: { swiotlb: 'noforce' } })
    const user = value(lab.userAlloc(0x2000, 'frame'))
    const table = lab.sgTable([
      { page: page(user.phys), offset: 0, length: 0x1000 },
      { page: page(phys(user.phys + 0x1000)), offset: 0, length: 0x80 },
    ])
    expect(lab.dma.mapSgAttrs(card, table, DIR.BIDIRECTIONAL, 0)).toMatchObject({ ok: false, errno: 'EIO' })
    expect(lab.bus(card).read({ at: table.entry(0).dmaAddress, len: 4 })).toMatchObject({ blocked: 4 })
    expect(events).toContainEqual(
      expect.objectContaining({
        event: 'printk',
        level: 'warn',
        text: 'card: DMA bounce buffers are inactive, unable to map unaligned transaction.',
      }),
    )
  })
  it('is translated in spite of iommu.passthrough=1, and at once loses what iommu.strict=0 would leave it', () => {
    const cmdline = { 'iommu.passthrough': '1', 'iommu.strict': '0' }
    const { lab, card } = openIommuLab({ device: UNTRUSTED, cmdline })
    expect(card.opsName).toBe('dma-iommu')
    expect(openIommuLab({ cmdline }).card.opsName).toBe('dma-direct')
    const user = value(lab.userAlloc(0x1000, 'frame'))
    const handle = value(lab.dma.mapPageAttrs(card, page(user.phys), 0, 0x1000, DIR.BIDIRECTIONAL, 0))
    lab.bus(card).read({ at: handle, len: 4 })
    lab.dma.unmapPageAttrs(card, handle, 0x1000, DIR.BIDIRECTIONAL, 0)
    expect(lab.bus(card).read({ at: handle, len: 4 })).toMatchObject({ blocked: 4 })
  })
  it('maps no more at once than the bounce pool can take', () => {
    const { lab, card } = openIommuLab({ device: UNTRUSTED })
    expect(lab.ops(card).maxMappingSize()).toBe(256 * 1024)
    const { lab: trusting, card: trusted } = openIommuLab()
    expect(trusting.ops(trusted).maxMappingSize()).toBe(Infinity)
  })
})

describe('a small buffer of a device that does not snoop', () => {
  const mapped = (device: Partial<DeviceFacts>, dir: 0 | 1 | 2, size: number) =>
    bounced(neighbours(device, dir, 0x200, size).events)

  it('bounces when it may share cache lines and the device writes', () => {
    expect(mapped({}, DIR.FROM_DEVICE, 24)).toBe(1)
    expect(mapped({}, DIR.BIDIRECTIONAL, 24)).toBe(1)
  })
  it('does not when kmalloc() gives it lines of its own, when only the CPU writes, or when the device snoops', () => {
    expect(mapped({}, DIR.FROM_DEVICE, 40)).toBe(0)
    expect(mapped({}, DIR.FROM_DEVICE, 256)).toBe(0)
    expect(mapped({}, DIR.TO_DEVICE, 24)).toBe(0)
    expect(mapped({ coherent: true }, DIR.FROM_DEVICE, 24)).toBe(0)
  })
  it('shows its neighbours all the same: padding is cleared for untrusted cards only', () => {
    const { lab, card, events, handle, user } = neighbours({}, DIR.FROM_DEVICE, 0x200, 24)
    lab.bus(card).write({ at: handle, len: 24 }, { seed: 5 })
    lab.dma.unmapPageAttrs(card, handle, 24, DIR.FROM_DEVICE, 0)
    expect(lab.userCompare(user, 24, 'secrets', { content: { seed: 5 }, offset: 0x200 }).wrong).toBe(0)
    expect(events.filter(({ event }) => event === 'bounce_copy')).toHaveLength(2)
  })
  it('makes a whole list go entry by entry', () => {
    const { lab, card } = openIommuLab()
    const user = value(lab.userAlloc(0x3000, 'frame'))
    const table = lab.sgTable([
      { page: page(user.phys), offset: 0, length: 0x1000 },
      { page: page(phys(user.phys + 0x1000)), offset: 0, length: 0x1000 },
      { page: page(phys(user.phys + 0x2000)), offset: 0x40, length: 24 },
    ])
    expect(value(lab.dma.mapSgAttrs(card, table, DIR.FROM_DEVICE, 0))).toBe(3)
    const fine = lab.sgTable(table.entries().slice(0, 2))
    expect(value(lab.dma.mapSgAttrs(card, fine, DIR.FROM_DEVICE, 0))).toBe(1)
  })
})
