// What a device reaches without an IOMMU, by mask, bus limit and windows.
import { dma, type Host, phys, pluginApi } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { directLimits } from '../src/direct-limits.ts'

const GIB = 2 ** 30

interface Window {
  readonly cpu: number
  readonly bus: number
  readonly len: number
}
const limits = (more: {
  readonly mask?: number
  readonly coherentMask?: number
  readonly busLimit?: number
  readonly windows?: readonly Window[]
  readonly ram?: readonly { readonly base: number; readonly len: number }[]
}) => {
  const { mask = 2 ** 32 - 1, coherentMask = mask, busLimit, windows, ram = [{ base: GIB, len: GIB }] } = more
  const host = {
    device: { dmaMask: mask, coherentDmaMask: coherentMask, facts: { busLimit, dmaRanges: windows } },
    ram,
    kernel: { zoneDmaLimit: 2 ** 32 - 1, windowsLimit: true },
    physToDma: (at: number) => {
      if (windows === undefined) return dma(at)
      const window = windows.find(({ cpu, len }) => at >= cpu && at < cpu + len)
      return window === undefined ? undefined : dma(at - window.cpu + window.bus)
    },
  } as unknown as Host
  return directLimits(pluginApi, host)
}

describe('streaming', () => {
  it('the last byte must be reached, by the mask and by the bus', () => {
    const masked = limits({ mask: 0xfff_ffff })
    expect([masked.capable(dma(0xfff_f000), 0x1000), masked.capable(dma(0xfff_f000), 0x1001)]).toEqual([true, false])
    const narrow = limits({ busLimit: 0xff_ffff })
    expect([narrow.limit(), narrow.capable(dma(0xff_ffff), 1), narrow.capable(dma(0x100_0000), 1)]).toEqual([
      0xff_ffff,
      true,
      false,
    ])
  })

  it('an address that no window leads to is out of reach', () => {
    expect(limits({}).capable(undefined, 1)).toBe(false)
  })
})

describe('coherent memory', () => {
  it('has a mask of its own', () => {
    const direct = limits({ mask: 2 ** 40 - 1, coherentMask: 2 ** 32 - 1 })
    const at = 2 ** 32 - 0x1000
    expect([
      direct.coherentOk(phys(at), 0x1000),
      direct.coherentOk(phys(at), 0x1001),
      direct.capable(dma(at), 0x1001),
    ]).toEqual([true, false, true])
  })

  it('outside every window is not usable', () => {
    const windows = [{ cpu: GIB, bus: 0, len: GIB }]
    const direct = limits({ windows })
    expect([direct.coherentOk(phys(GIB), 4096), direct.coherentOk(phys(2 * GIB), 4096)]).toEqual([true, false])
  })
})

describe('all of memory', () => {
  it('needs as many bits as its last page on the bus has', () => {
    expect(limits({}).requiredMaskBits()).toBe(31)
    expect(limits({ ram: [{ base: 4 * GIB, len: GIB }] }).requiredMaskBits()).toBe(33)
    expect(limits({ windows: [{ cpu: GIB, bus: 0, len: GIB }] }).requiredMaskBits()).toBe(30)
    expect(limits({ windows: [{ cpu: 0, bus: 0, len: GIB }] }).requiredMaskBits()).toBe(64)
  })

  it('is reached when the mask has these bits and the windows leave no page out', () => {
    expect(limits({ mask: 2 ** 31 - 1 }).addressingLimited()).toBe(false)
    expect(limits({ mask: 2 ** 30 - 1 }).addressingLimited()).toBe(true)
    const gap = [
      { cpu: GIB, bus: GIB, len: GIB / 2 - 4096 },
      { cpu: 1.5 * GIB, bus: 1.5 * GIB, len: GIB / 2 },
    ]
    expect([limits({ windows: gap }).allRamMapped(), limits({ windows: gap }).addressingLimited()]).toEqual([
      false,
      true,
    ])
  })
})

it('a mask of 32 bits is always taken, a smaller one when it reaches the DMA zone', () => {
  const direct = limits({})
  expect([2 ** 32 - 1, 2 ** 31 - 1, 2 ** 30 - 1].map((mask) => direct.supported(mask))).toEqual([true, true, false])
})

it('a mask of 32 bits is taken even where the DMA zone ends beyond it', () => {
  const high = limits({ mask: 2 ** 32 - 1, windows: [{ cpu: GIB, bus: 8 * GIB, len: GIB }] })
  expect([2 ** 32 - 1, 2 ** 32 - 2].map((mask) => high.supported(mask))).toEqual([true, false])
})

it('all of RAM is in windows only if each bank is', () => {
  const windows = [{ cpu: GIB, bus: 0, len: GIB }]
  const bank = (base: number) => ({ base, len: GIB })
  const mapped = (...ram: readonly { readonly base: number; readonly len: number }[]) =>
    limits({ windows, ram }).allRamMapped()
  expect([mapped(bank(GIB)), mapped(bank(GIB), bank(3 * GIB)), mapped(bank(3 * GIB), bank(GIB))]).toEqual([
    true,
    false,
    false,
  ])
  expect([mapped(bank(GIB + 4096)), mapped(bank(GIB - 4096))]).toEqual([false, false])
})
