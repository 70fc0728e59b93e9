// The op table itself: protection, cache work, limits and segments that it asks its domain for, and what it undoes.
import { ATTR, type DeviceFacts, DIR, type DmaAddr, type IommuLimits, ok, phys, pluginApi } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { dmaIommuOps } from '../src/dma-iommu-ops.ts'
import { CC_SHARED, listOf, MMIO, openTable as open, REQUIRE_COHERENT, SLOT } from './recorded-table.ts'
import { FIRST, PAGE, RAM } from './recorded-domain.ts'

const page = (at: number) => ({ kind: 'page', pfn: at / PAGE }) as never
const untrusted = { pci: { untrusted: true, windows: [] } }
const at = (x: number): DmaAddr => x as DmaAddr

it('translates, and stands in backtraces behind the functions that drivers call', () => {
  const { caps, symbols } = dmaIommuOps(pluginApi)
  expect(caps).toEqual({
    pageless: 'fabricated',
    maintainsCaches: true,
    syncTouchesPage: true,
    mergesSegments: true,
    bounces: false,
    translates: true,
  })
  for (const path of Object.values(symbols)) expect(path).toHaveLength(2)
  expect(
    Object.values(symbols)
      .map(([, own = '']) => own.replace('iommu_dma_', ''))
      .join(' '),
  ).toBe(
    'alloc free mmap get_sgtable map_page unmap_page map_sg unmap_sg map_resource unmap_resource ' +
      'sync_single_for_cpu sync_single_for_device sync_sg_for_cpu sync_sg_for_device',
  )
})

it('is for devices behind an IOMMU', () => {
  expect(() => open({ iommu: false })).toThrow('dev has no IOMMU, and dma-iommu was chosen for it')
})

describe('mapping a page', () => {
  it.each([
    [DIR.BIDIRECTIONAL, false, 0, 3],
    [DIR.TO_DEVICE, false, 0, 1],
    [DIR.FROM_DEVICE, false, 0, 2],
    [DIR.NONE, false, 0, 0],
    [DIR.BIDIRECTIONAL, true, 0, 7],
    [DIR.TO_DEVICE, true, 0, 5],
    [DIR.NONE, true, ATTR.PRIVILEGED, 0],
    [DIR.BIDIRECTIONAL, true, MMIO, 19],
    [DIR.FROM_DEVICE, false, MMIO, 18],
    [DIR.TO_DEVICE, false, ATTR.PRIVILEGED, 33],
    [DIR.BIDIRECTIONAL, true, ATTR.PRIVILEGED, 39],
  ])('in direction %d, snooping %s, with attributes %d: protection %d', (dir, coherent, attrs, prot) => {
    const { ops, calls } = open({ facts: { coherent } })
    expect(ops.mapPage(page(RAM), 0, PAGE, dir, attrs)).toEqual(ok(FIRST))
    expect(calls.at(-1)).toBe(`map 80000000 1000 prot ${prot}`)
  })

  it.each([
    [false, 0, true],
    [false, ATTR.SKIP_CPU_SYNC, false],
    [false, MMIO, false],
    [true, 0, false],
  ])('of a device that snoops: %s, with attributes %d, does cache work: %s', (coherent, attrs, works) => {
    const { ops, calls } = open({ facts: { coherent } })
    ops.mapPage(page(RAM), 0x40, 0x80, DIR.TO_DEVICE, attrs)
    ops.unmapPage(at(FIRST + 0x40), 0x80, DIR.TO_DEVICE, attrs)
    expect(calls.filter((call) => /clean|invalidate/.test(call))).toEqual(
      works ? ['clean 80000040 80', 'invalidate 80000040 80'] : [],
    )
    expect(calls.at(-1)).toBe('unmap 100040 80')
  })

  it('that the domain refuses is EIO, and its slot goes back', () => {
    const { ops, calls } = open({ facts: untrusted, failing: { map: 1 } })
    expect(ops.mapPage(page(RAM), 0, 8, DIR.TO_DEVICE, 0)).toMatchObject({ errno: 'EIO', why: 'no address' })
    expect(calls.at(-1)).toBe('slot back 90000200 8')
  })

  it('that bounces has its slot mapped, cleaned and given back', () => {
    const { ops, calls } = open({ facts: untrusted })
    ops.mapPage(page(RAM), 0, 8, DIR.TO_DEVICE, 0)
    ops.unmapPage(at(FIRST + 0x200), 8, DIR.TO_DEVICE, 0)
    expect(calls.filter((call) => !call.startsWith('memset'))).toEqual([
      'slot for 80000000 8',
      'clean 90000200 8',
      'map 90000200 8 prot 1',
      'invalidate 90000200 8',
      'unmap 100200 8',
      'slot back 90000200 8',
    ])
  })

  it.each([MMIO, REQUIRE_COHERENT])('with attribute %d cannot bounce, and is unmapped as it is', (attrs) => {
    const { ops, calls } = open({ facts: { ...untrusted, coherent: true } })
    expect(ops.mapPage(page(RAM), 0, 8, DIR.TO_DEVICE, attrs)).toMatchObject({ errno: 'EIO' })
    ops.unmapPage(at(5), 8, DIR.TO_DEVICE, attrs)
    expect(calls).toEqual(['unmap 5 8'])
  })

  it('for a confidential guest is refused, and an address that nothing is mapped at is left alone', () => {
    const { ops, calls } = open()
    expect(ops.mapPage(page(RAM), 0, 8, DIR.TO_DEVICE, CC_SHARED)).toMatchObject({ errno: 'EIO' })
    ops.unmapPage(at(0x5000), 8, DIR.TO_DEVICE, 0)
    expect(calls).toEqual([])
  })
})

describe('a sync', () => {
  const sync = (facts: Partial<DeviceFacts>) => {
    const { ops, calls } = open({ facts })
    ops.mapPage(page(RAM), 0, 8, DIR.BIDIRECTIONAL, 0)
    calls.length = 0
    const handle = at(FIRST + (facts.pci === undefined ? 0 : 0x200))
    ops.syncSingleForCpu(handle, 8, DIR.BIDIRECTIONAL)
    ops.syncSingleForDevice(handle, 8, DIR.BIDIRECTIONAL)
    return calls
  }
  it('does cache work, or nothing for a device that snoops; a slot is copied in the order of the data', () => {
    expect(sync({})).toEqual(['invalidate 80000000 8', 'clean 80000000 8'])
    expect(sync({ coherent: true })).toEqual([])
    expect(sync(untrusted)).toEqual([
      'invalidate 90000200 8',
      'slot for cpu 90000200 8',
      'slot for device 90000200 8',
      'clean 90000200 8',
    ])
    expect(sync({ ...untrusted, coherent: true })).toEqual(['slot for cpu 90000200 8', 'slot for device 90000200 8'])
  })

  it('of an address that nothing is mapped at is one of physical address 0', () => {
    const { ops, calls } = open()
    ops.syncSingleForCpu(at(0x5000), 8, DIR.TO_DEVICE)
    expect(calls).toEqual(['invalidate 0 8'])
  })

  it.each([
    [{}, ['invalidate 80000000 1000', 'invalidate 80004000 10'], ['clean 80000000 1000', 'clean 80004000 10']],
    [{ coherent: true }, [], []],
    [
      untrusted,
      ['invalidate 80000000 1000', 'invalidate 90000200 10', 'slot for cpu 90000200 10'],
      ['clean 80000000 1000', 'slot for device 90000200 10', 'clean 90000200 10'],
    ],
    [{ ...untrusted, coherent: true }, ['slot for cpu 90000200 10'], ['slot for device 90000200 10']],
  ])('of a list of %o works by pages, or entry by entry where it was mapped so', (facts, forCpu, forDevice) => {
    const { ops, calls } = open({ facts })
    const list = listOf([RAM, PAGE], [RAM + 4 * PAGE, 0x10])
    ops.mapSg(list, 2, DIR.BIDIRECTIONAL, 0)
    calls.length = 0
    ops.syncSgForCpu(list, 2, DIR.BIDIRECTIONAL)
    expect(calls.splice(0)).toEqual(forCpu)
    ops.syncSgForDevice(list, 2, DIR.BIDIRECTIONAL)
    expect(calls).toEqual(forDevice)
  })
})

describe('a list', () => {
  it.each([
    [{}, 0, ['clean 80000000 1000', 'map list of 1 prot 1'], ['invalidate 80000000 1000', 'unmap list of 1']],
    [{}, ATTR.SKIP_CPU_SYNC, ['map list of 1 prot 1'], ['unmap list of 1']],
    [{ coherent: true }, 0, ['map list of 1 prot 5'], ['unmap list of 1']],
  ])('of %o with attributes %d', (facts, attrs, mapped, unmapped) => {
    const { ops, calls } = open({ facts })
    const list = listOf([RAM, PAGE])
    expect(ops.mapSg(list, 1, DIR.TO_DEVICE, attrs)).toEqual(ok(1))
    expect(calls.splice(0)).toEqual(mapped)
    ops.unmapSg(list, 1, DIR.TO_DEVICE, attrs)
    expect(calls).toEqual(unmapped)
  })

  it('that may bounce has an address for each entry, and gives each back', () => {
    const { ops, calls, mapped } = open({ facts: untrusted })
    const list = listOf([RAM, PAGE], [RAM + 4 * PAGE, 0x10])
    expect(ops.mapSg(list, 2, DIR.TO_DEVICE, 0)).toEqual(ok(2))
    expect(list.entries().map(({ dmaAddress, dmaLength }) => [dmaAddress, dmaLength])).toEqual([
      [FIRST, PAGE],
      [FIRST + PAGE + 0x200, 0x10],
    ])
    ops.unmapSg(list, 2, DIR.TO_DEVICE, 0)
    expect(calls.slice(-2)).toEqual(['unmap 101200 10', 'slot back 90000200 10'])
    expect(mapped()).toEqual([])
  })

  it('whose second entry fails is undone without cache work, and the failed entry says so', () => {
    const { ops, calls, mapped } = open({ facts: untrusted, failing: { map: 2 } })
    const list = listOf([RAM, PAGE], [RAM + 4 * PAGE, PAGE], [RAM + 8 * PAGE, PAGE])
    expect(ops.mapSg(list, 3, DIR.TO_DEVICE, 0)).toMatchObject({ errno: 'EIO' })
    expect([list.entry(1).dmaAddress, list.entry(1).dmaLength]).toEqual([2 ** 64 - 1, 0])
    expect([calls.at(-1), mapped()]).toEqual(['unmap 100000 1000', []])
    expect(calls.some((call) => call.startsWith('invalidate'))).toBe(false)
  })
})

describe('the addresses of a device', () => {
  const limitsOf = (setup: Parameters<typeof open>[0], maskBits = 32): IommuLimits => {
    const { ops, limits, device } = open(setup)
    Object.assign(device, { maskBits })
    ops.mapPage(page(RAM), 0, PAGE, DIR.TO_DEVICE, 0)
    const [first] = limits
    if (first === undefined) throw new Error('nothing was mapped')
    return first
  }
  it.each([
    [32, 2 ** 32 - 1],
    [40, 2 ** 40 - 1],
    [52, 2 ** 52 - 1],
    // Beyond a forced aperture the exact value does not matter.
    [64, 2 ** 64 - 1],
  ])('end with its mask of %d bits', (bits, mask) => {
    expect(limitsOf({}, bits)).toMatchObject({ mask, bus: 0, aperture: 2 ** 48 - 1 })
  })
  it('end with its bus, too', () => {
    expect(limitsOf({ facts: { busLimit: 0x3fff_ffff } }).bus).toBe(0x3fff_ffff)
  })
  it.each([
    ['once', {}, [false, false]],
    ['once', untrusted, [true, false]],
    ['always', untrusted, [true, true]],
  ] as const)('below 4 GiB are tried first %s by %o: before and after a failure', (iommuPci32, facts, tries) => {
    const { ops, limits } = open({ facts, kernel: { iommuPci32 } as never })
    ops.mapPage(page(RAM), 0, PAGE, DIR.TO_DEVICE, 0)
    const [first] = limits as IommuLimits[]
    if (first === undefined) throw new Error('nothing was mapped')
    const before = first.pci32
    first.pci32 = false
    expect([before, first.pci32]).toEqual(tries)
  })
  it.each([
    [{}, 2n ** 64n - 1n, 65_536],
    [{ pci: { untrusted: false, windows: [] } }, 2n ** 32n - 1n, 65_536],
    [{ segmentBoundaryBits: 24, maxSegmentSize: 4096 }, 2n ** 24n - 1n, 4096],
  ])('of %o join to segments within %o', (facts, boundary, maxSize) => {
    const { ops, segments } = open({ facts })
    ops.mapSg(listOf([RAM, PAGE]), 1, DIR.TO_DEVICE, 0)
    expect(segments).toEqual([{ boundary, maxSize }])
  })
})

describe('memory of a device', () => {
  it.each([
    [false, false, 17],
    [false, true, 17],
    [true, false, 1],
    [true, true, 5],
  ])('on a kernel that maps physical addresses: %s, snooping %s, has protection %d', (mapsByPhys, coherent, prot) => {
    const { ops, calls } = open({ facts: { coherent }, kernel: { mapsByPhys } as never })
    expect(ops.mapResource(phys(RAM), PAGE, DIR.TO_DEVICE, 0)).toEqual(ok(FIRST))
    expect(calls.at(-1)).toBe(`map 80000000 1000 prot ${prot}`)
    ops.unmapResource(at(FIRST), PAGE, DIR.TO_DEVICE, 0)
    expect(calls.at(-1)).toBe('unmap 100000 1000')
  })
  it('for which there is no address is EIO', () => {
    const { ops } = open({ failing: { map: 1 } })
    expect(ops.mapResource(phys(RAM), PAGE, DIR.TO_DEVICE, 0)).toMatchObject({ errno: 'EIO', why: 'no address' })
  })
})

it('says what a device can ask for', () => {
  const { ops } = open()
  expect([ops.dmaSupported(1), ops.requiredMaskBits(), ops.maxMappingSize()]).toEqual([true, 32, Infinity])
  const careful = open({ facts: untrusted }).ops
  expect(careful.maxMappingSize()).toBe(SLOT)
  expect(open({ facts: untrusted, pool: false }).ops.maxMappingSize()).toBe(Infinity)
  expect(open({ kernel: { twoStepIova: true } as never }).offered()).toBe(true)
  expect(open().offered()).toBe(false)
})

it('time passes for its domain', () => {
  const { calls, passed } = open()
  passed(7)
  expect(calls).toEqual(['pass 7'])
})
