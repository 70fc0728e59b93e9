// Bus addresses that are set aside before the first mapping, on a domain that writes down what it is asked.
import { fail, type Host, type IommuDomain, ok, phys, pluginApi } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { setRegionsAside } from '../src/reserved-regions.ts'

const NO_MSI = { regions: [] } as never
const TOP = 2n ** 64n - 1n

const setAside = (facts: object, model: object = NO_MSI, mapped: readonly number[] = [], refuses = false) => {
  const calls: string[] = []
  const texts: string[] = []
  const domain = {
    granule: 4096,
    iovaToPhys: (at: number) => (mapped.includes(at) ? phys(at) : undefined),
    mapAt: (at: number, to: number, len: number, prot: number) => {
      calls.push(`map ${at.toString(16)} to ${to.toString(16)}, ${len / 4096} pages, prot ${prot}`)
      return refuses ? fail('ENOMEM', 'no table') : ok(undefined)
    },
    reserveIova: (first: number | bigint, last: number | bigint) =>
      void calls.push(`keep ${first.toString(16)}-${last.toString(16)}`),
  } as unknown as IommuDomain
  const host = {
    device: { name: 'dev', facts },
    printk: (_level: string, text: string) => void texts.push(text),
  } as unknown as Host
  setRegionsAside(pluginApi, host, domain, model as never)
  return { calls, texts }
}
const region = (type: string, base = 0x10_0800, len = 0x1000) => ({ type, base, len })

describe('regions of the firmware', () => {
  it('a direct one is mapped one to one in whole granules, then kept', () => {
    const { calls } = setAside({ coherent: false, iommuRegions: [region('direct', 0x10_0000, 0x1800)] })
    expect(calls).toEqual(['map 100000 to 100000, 2 pages, prot 3', 'keep 100000-1017ff'])
  })

  it('one that a driver may give up is mapped as well', () => {
    const { calls } = setAside({ iommuRegions: [region('direct-relaxable', 0x10_0000)] })
    expect(calls).toEqual(['map 100000 to 100000, 1 pages, prot 3', 'keep 100000-100fff'])
  })

  it('a device that snoops maps it cacheable', () => {
    const { calls } = setAside({ coherent: true, iommuRegions: [region('direct', 0x10_0000)] })
    expect(calls[0]).toBe('map 100000 to 100000, 1 pages, prot 7')
  })

  it('what is mapped already is left out: regions may overlap', () => {
    const { calls } = setAside({ iommuRegions: [region('direct', 0x10_0000, 0x4000)] }, NO_MSI, [0x10_1000])
    expect(calls).toEqual([
      'map 100000 to 100000, 1 pages, prot 3',
      'map 102000 to 102000, 2 pages, prot 3',
      'keep 100000-103fff',
    ])
  })

  it('a reserved one is kept and not mapped', () => {
    expect(setAside({ iommuRegions: [region('reserved')] }).calls).toEqual(['keep 100800-1017ff'])
  })

  it('one that cannot be mapped is reported in the log', () => {
    const { texts } = setAside({ iommuRegions: [region('direct', 0x10_0000)] }, NO_MSI, [], true)
    expect(texts).toEqual(['dev: no direct mapping of 0x100000+4096: no table'])
  })
})

it('the window of software MSIs is not kept: the kernel places it with the same allocator', () => {
  expect(setAside({}, { regions: [region('sw-msi', 0x800_0000, 0x10_0000)] }).calls).toEqual([])
})

it('the window of MSIs in hardware is kept from every device', () => {
  expect(setAside({}, { regions: [region('msi', 0xfee0_0000, 0x10_0000)] }).calls).toEqual(['keep fee00000-feefffff'])
})

describe('a PCI function', () => {
  const pci = { windows: [{ base: 0x1000_0000, len: 0x1000 }], untrusted: false }

  it('is given no address of its bridge’s windows', () => {
    expect(setAside({ pci }).calls).toEqual(['keep 10000000-10000fff'])
  })

  it('is given none outside the inbound windows; the first byte of a window goes with the gap below it', () => {
    const dmaRanges = [{ cpu: 0x8000_0000, bus: 0x8000_0000, len: 0x1000_0000 }]
    expect(setAside({ pci: { windows: [] }, dmaRanges }).calls).toEqual([
      'keep 0-80000000',
      `keep 90000000-${TOP.toString(16)}`,
    ])
  })

  it('whose inbound windows overlap gets a line, and nothing more is kept', () => {
    const dmaRanges = [
      { cpu: 0, bus: 0, len: 0x2000 },
      { cpu: 0x1000_0000, bus: 0x1000, len: 0x1000 },
    ]
    const { calls, texts } = setAside({ pci: { windows: [] }, dmaRanges })
    expect([calls, texts]).toEqual([[], ['dev: Failed to reserve IOVA [0x2000-0x1000]']])
  })

  it('an unknown device is left alone', () => {
    expect(setAside({ dmaRanges: [{ cpu: 0, bus: 0x1000, len: 0x1000 }] }).calls).toEqual([])
  })
})
