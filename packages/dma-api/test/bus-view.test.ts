// Bus addresses of a device: what the kernel computes, and what the device itself reaches.
import { type DeviceFacts, type DmaAddr, type KernelFacts, phys } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { DeviceBusView } from '../src/bus-view.ts'
import { windowsOf } from '../src/windows.ts'
import { device, openTestLab } from './lab.ts'

// Models: Linux v6.12 include/linux/dma-direct.h: translate_phys_to_dma, translate_dma_to_phys
describe('windows of a bus', () => {
  const ranges = [
    { cpu: 0x8000_0000, bus: 0, len: 0x1000 },
    { cpu: 0x9000_0000, bus: 0x4000, len: 0x2000 },
  ]
  const lab = openTestLab()
  const { kernel } = lab.host(lab.device('codec'))
  const of = (dmaRanges: DeviceFacts['dmaRanges'], busWindows: KernelFacts['busWindows'], dmaAddrSize: 4 | 8 = 8) =>
    windowsOf(device('d', dmaRanges === undefined ? {} : { dmaRanges }), { ...kernel, busWindows, dmaAddrSize })

  it.each([
    [0x8000_0000, 0],
    [0x8000_0fff, 0xfff],
    [0x8000_1000, undefined],
    [0x7fff_ffff, undefined],
    [0x9000_1fff, 0x5fff],
  ])('physical %i is %s on the bus, and back', (at, bus) => {
    const windows = of(ranges, 'map' as never)
    expect(windows.toDma(phys(at))).toBe(bus)
    expect(bus === undefined ? at : windows.toPhys(bus as DmaAddr)).toBe(at)
  })

  it('one offset serves every address, and wraps', () => {
    const windows = of(ranges, 'one-offset', 4)
    expect([0x8000_0000, 0x9000_0000, 0x7fff_f000].map((at) => windows.toDma(phys(at)))).toEqual([
      0, 0x1000_0000, 0xffff_f000,
    ])
    expect([0, 0x8000_0000].map((at) => windows.toPhys(at as DmaAddr))).toEqual([0x8000_0000, 0])
    const plain = of(undefined, 'one-offset')
    expect([plain.toDma(phys(7)), plain.toPhys(7 as DmaAddr)]).toEqual([7, 7])
  })
})

describe('what a device puts on its bus', () => {
  const view = (more: Partial<DeviceFacts>) => new DeviceBusView(device('card', { maskBits: 64, ...more }))
  const at = (x: number): DmaAddr => x as DmaAddr
  const windows = [
    { cpu: 0x8000_0000, bus: 0x1000, len: 0x1000 },
    { cpu: 0x9000_0000, bus: 0x3000, len: 0x1000 },
  ]

  it('keeps the low bits of an address that has more than its registers', () => {
    expect(view({ maskBits: 16 }).translate(at(0x1_0004), 4, true)).toEqual([{ phys: 4, len: 4 }])
    expect(view({ maskBits: 16 }).translate(at(0xfffc), 8, true)).toEqual([
      { phys: 0xfffc, len: 4 },
      { phys: 0, len: 4 },
    ])
    expect(view({}).translate(at(2 ** 40), 4, true)).toEqual([{ phys: 2 ** 40, len: 4 }])
  })

  it('stops at the end of its bus', () => {
    expect(view({ busLimit: 0xffff }).translate(at(0xfff8), 16, false)).toEqual([
      { phys: 0xfff8, len: 8 },
      { fault: '0x10000 is beyond the 0xffff that card can address', len: 8 },
    ])
    expect(view({ busLimit: 0xffff }).translate(at(0xfff8), 8, false)).toHaveLength(1)
    expect(view({ busLimit: 0xffff }).translate(at(0xffff), 1, false)).toEqual([{ phys: 0xffff, len: 1 }])
    expect(view({ busLimit: 0xffff }).translate(at(0x1_0000), 1, false)).toMatchObject([{ len: 1 }])
  })

  it('goes through windows, and nowhere between them', () => {
    expect(view({ dmaRanges: windows }).translate(at(0xf00), 0x3200, false)).toEqual([
      { fault: "no window of card's bus covers 0xf00", len: 0x100 },
      { phys: 0x8000_0000, len: 0x1000 },
      { fault: "no window of card's bus covers 0x2000", len: 0x1000 },
      { phys: 0x9000_0000, len: 0x1000 },
      { fault: "no window of card's bus covers 0x4000", len: 0x100 },
    ])
  })

  it('goes through an IOMMU in place of windows, for as long as there is one', () => {
    const one = view({ dmaRanges: windows })
    const seen: unknown[] = []
    one.setTranslation((...args) => {
      seen.push(args)
      return []
    })
    expect(one.translate(at(0x1000), 4, true)).toEqual([])
    expect(seen).toEqual([[0x1000, 4, true]])
    one.setTranslation(null)
    expect(one.translate(at(0x1000), 4, true)).toEqual([{ phys: 0x8000_0000, len: 4 }])
  })
})
