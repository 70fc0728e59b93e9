// What a run reports beside faults: bounces, addresses that a mask cuts, and what a stop left behind.
import type { EventBody } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { alloc, check, codes, deviceAccess, map, RAM, SESSION, unmap } from './events.ts'

describe('what was bounced', () => {
  const bounce = (fields: Partial<Extract<EventBody, { event: 'swiotlb_bounced' }>> = {}): EventBody => ({
    event: 'swiotlb_bounced',
    device: 'dev',
    dmaMask: 2 ** 32 - 1,
    devAddr: RAM,
    size: 4096,
    force: false,
    ...fields,
  })
  const told = (...bodies: readonly EventBody[]): readonly string[] =>
    check([...bodies, unmap(RAM)]).findings.flatMap(({ code, message, severity }) =>
      code === 'bounced' ? [`${severity} ${message}`] : [],
    )
  it.each([
    [{ force: true }, 'bouncing is forced (swiotlb=force, or the device has a restricted pool)'],
    [{ dmaMask: 0x3fff_ffff }, 'its mask ends at 0x3fffffff'],
    [{ devAddr: 0xf000_0000, physAddr: RAM }, 'its bus carries addresses up to 0xefffffff'],
    [{ size: 100 }, 'address or length is not aligned to what caches or IOMMU work on'],
    [{}, 'it lies inside the mask, so a limit of the bus or a granule of the IOMMU decides'],
  ])('%o is reported with its reason', (fields, why) => {
    const session = { ...SESSION, devices: SESSION.devices.map((one) => ({ ...one, busLimit: 0xefff_ffff })) }
    const { findings } = check([bounce(fields), map(RAM), unmap(RAM)], { session })
    expect(findings.map(({ code, severity }) => [code, severity])).toEqual([['bounced', 'info']])
    expect(findings[0]?.message).toMatch(/^dev: 1 mapping was bounced \((?:4 KiB|100 B)\), the first at /)
    expect(findings[0]?.message.endsWith(`: ${why}`)).toBe(true)
  })
  it('without a window has no address', () => {
    expect(told(bounce({ devAddr: 2 ** 64, physAddr: RAM }), map(RAM))).toEqual([
      'info dev: 1 mapping was bounced (4 KiB), the first at memory that no window covers: no window of its bus covers the memory',
    ])
  })
  it('is counted once for each device and reason, and not where the mapping was refused', () => {
    const one = [bounce({ force: true }), map(RAM), unmap(RAM)]
    expect(told(...one, ...one, bounce({ force: true }), map(RAM))[0]).toContain(
      'dev: 3 mappings were bounced (12 KiB)',
    )
    expect(told(bounce(), { ...map(RAM), dmaAddr: 2 ** 64 } as EventBody, map(RAM))).toEqual([])
  })
})

it('an address that the mask of a device cuts is reported with both', () => {
  const access = { ...deviceAccess(true, 0x1_4000_0000), addressBits: 32 } as EventBody
  const { findings } = check([map(0x1_4000_0000), access, unmap(0x1_4000_0000)])
  expect(findings.find(({ code }) => code === 'device-address-cut')).toMatchObject({
    severity: 'error',
    message: 'dev wrote 4 KiB at 0x140000000: its mask of 32 bits cuts the address, so it went to 0x40000000',
  })
})

describe('the end of a run', () => {
  const live = [map(RAM), alloc(RAM + 0x8000), map(RAM + 0x10_000, { device: 'other' })]
  it('makes leaks of what is live', () => {
    expect(codes([...live, { event: 'end' }])).toEqual(['leak-mapping', 'leak-coherent', 'leak-mapping'])
  })
  it('after a stop tells it once a device, as a consequence', () => {
    const { findings, summary } = check([...live, { event: 'end', stoppedAt: 'map frame gpu' }])
    expect(findings.map(({ severity, message }) => `${severity} ${message}`)).toEqual([
      "info dev: 2 mappings (12 KiB) live when the run stopped at 'map frame gpu'",
      "info other: 1 mapping (4 KiB) live when the run stopped at 'map frame gpu'",
    ])
    expect(summary.live).toBe(0)
  })
})
