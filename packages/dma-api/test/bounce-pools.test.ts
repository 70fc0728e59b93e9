// Which bounce pool a device has: the kernel's own, made at boot where there is room, or a restricted one.
import { DIR, type Event, phys, type ReservedRegion, type SwiotlbPolicy } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { device, openTestLab, pool, type TestLab, type TestLabOptions } from './lab.ts'

const MIB = 2 ** 20
const RAM = 0x4000_0000
const ORIG = phys(0x4200_0000)
const policy = (more: Partial<SwiotlbPolicy> = {}): SwiotlbPolicy => ({
  slots: 512,
  areas: 1,
  mode: 'normal',
  dmaLimit: RAM + 48 * MIB - 1,
  bouncesKmalloc: false,
  kmallocPool: false,
  highest: false,
  restrictedPools: true,
  ...more,
})
const texts = (events: readonly Event[]) => events.flatMap((one) => (one.event === 'printk' ? [one.text] : []))

describe('the pool of the boot', () => {
  const booted = (more: Partial<SwiotlbPolicy> | null, options: TestLabOptions = {}) =>
    openTestLab({
      ...options,
      facts: { bounceAreas: true, ...options.facts, swiotlb: more === null ? null : policy(more) },
    })
  const place = (lab: TestLab) => lab.bootMemory.swiotlb

  it('lies below the limit: at the lowest place, or the highest', () => {
    expect(place(booted({}))).toEqual({ base: RAM + 32 * MIB, len: MIB, slots: 512, forced: false })
    expect(place(booted({ highest: true }))).toMatchObject({ base: RAM + 47 * MIB })
    expect(place(booted({ mode: 'force' }))).toMatchObject({ forced: true })
    expect(place(booted({}, { machine: { layout: { bouncePool: RAM + 40 * MIB } } }))).toMatchObject({
      base: RAM + 40 * MIB,
    })
    expect(place(booted(null))).toBeNull()
    expect(place(booted({ dmaLimit: RAM + 64 * MIB - 1 }))).toBeNull()
  })

  it('is halved where there is no room, with a word each time, down to 1 MiB', () => {
    const small = booted({ slots: 16_384, dmaLimit: RAM + 40 * MIB - 1 })
    expect(place(small)).toMatchObject({ slots: 4096, len: 8 * MIB })
    const failed = (bytes: number) =>
      `software IO TLB: swiotlb_memblock_alloc: Failed to allocate ${bytes} bytes tlb structure`
    expect(texts(small.events)).toEqual([failed(32 * MIB), failed(16 * MIB)])
    const none = booted({ slots: 1024, dmaLimit: RAM + 32 * MIB })
    expect([place(none), texts(none.events)]).toEqual([null, [failed(2 * MIB), failed(MIB)]])
    expect(none.host(none.device('codec')).swiotlb()).toBeNull()
  })

  it('has no more areas than segments', () => {
    const areas = (lab: TestLab) => lab.host(lab.device('codec')).swiotlb()?.areas().length
    expect([areas(booted({ areas: 2 })), areas(booted({ areas: 8 })), areas(booted({ areas: 8, slots: 512 }))]).toEqual(
      [2, 8, 8],
    )
    expect(areas(booted({ areas: 8, slots: 512 }, { facts: { bounceAreas: false } }))).toBe(4)
  })

  it('is one for all devices', () => {
    const lab = booted({}, { devices: [device('codec'), device('display')] })
    const of = (name: string) => lab.host(lab.device(name)).swiotlb()
    of('codec')?.tblMapSingle(ORIG, 64, 0, DIR.TO_DEVICE, 0)
    expect([of('display')?.areas()[0]?.used, lab.balance().get('bounce slots')]).toEqual([1, 1])
  })
})

describe('a restricted pool', () => {
  const REGION: ReservedRegion = {
    ...pool('cell', 0x4300_0000, MIB),
    compatible: 'restricted-dma-pool',
    noMap: false,
  }
  const restricted = (region: Partial<ReservedRegion> = {}, more: Partial<SwiotlbPolicy> = {}) => {
    const names = ['codec', 'display'].map((name) => device(name, { pools: ['cell'] }))
    const lab = openTestLab({
      reserved: [{ ...REGION, ...region }],
      devices: [...names, device('other')],
      facts: { swiotlb: policy(more) },
    })
    return { lab, of: (name: string) => lab.host(lab.device(name)).swiotlb() }
  }

  it('bounces all of its devices, which share it, and no other', () => {
    const { lab, of } = restricted()
    expect(of('codec')).toMatchObject({ name: 'cell', start: REGION.base, slots: 512, force: true, forAlloc: true })
    expect(of('other')).toMatchObject({ name: 'software IO TLB', force: false, forAlloc: false })
    expect(lab.memory.ownerAt(phys(REGION.base))).toBe('restricted pool cell')
    of('codec')?.tblMapSingle(ORIG, 64, 0, DIR.TO_DEVICE, 0)
    expect([of('display')?.areas()[0]?.used, of('other')?.areas()[0]?.used]).toEqual([1, 0])
  })

  it.each([
    ['is not mapped', { noMap: true }, {}],
    ['is reused', { reusable: true }, {}],
  ])('that %s is refused, and said so for each device', (_, region, more) => {
    const { lab, of } = restricted(region, more)
    expect(of('codec')?.name).toBe('software IO TLB')
    const said = texts(lab.events).filter((text) =>
      text.endsWith(': Restricted DMA pool must be accessible within the linear mapping.'),
    )
    expect(said).toHaveLength(2)
    expect(said[0]).toMatch(/codec/)
  })

  it('is nothing to kernels without CONFIG_DMA_RESTRICTED_POOL, and neither is another kind of region', () => {
    expect(restricted({}, { restrictedPools: false }).of('codec')?.name).toBe('software IO TLB')
    expect(restricted({ compatible: 'ramoops' }).of('codec')?.name).toBe('software IO TLB')
    expect(restricted({ name: 'elsewhere' }).of('codec')?.name).toBe('software IO TLB')
  })
})
