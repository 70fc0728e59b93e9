// Pools for callers that may not sleep: how large, in which zones, who is served by which, and what they say.
import { type AtomicPoolPolicy, type KernelFacts, phys, type ReservedRegion } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { openTestLab, pool, type TestLab, type TestLabOptions } from './lab.ts'

const KIB = 1024
const MIB = 2 ** 20
const RAM = 0x4000_0000
const ZONES: AtomicPoolPolicy = { kind: 'zones', size: null }
const open = (facts: Partial<KernelFacts> = {}, options: TestLabOptions = {}) =>
  openTestLab({ ...options, facts: { atomicPools: ZONES, zoneDmaLimit: RAM + 48 * MIB - 1, ...facts } })
const hostOf = (lab: TestLab) => lab.host(lab.device('codec'))
const said = (lab: TestLab) => lab.events.flatMap((one) => (one.event === 'printk' ? [`${one.level} ${one.text}`] : []))
const CMA: ReservedRegion = {
  ...pool('cma', RAM + 52 * MIB, 4 * MIB, { noMap: false, reusable: true }),
  default: 'cma',
}

describe('at boot', () => {
  it('there is one a zone, of 128 KiB for each GiB, and each says so', () => {
    const lab = open()
    expect(lab.bootMemory.atomicPools.map(({ zone, len }) => [zone, len])).toEqual([
      ['normal', 128 * KIB],
      ['dma', 128 * KIB],
      ['dma32', 128 * KIB],
    ])
    const text = (gfp: string) => `info DMA: preallocated 128 KiB ${gfp} pool for atomic allocations`
    expect(said(lab)).toEqual(['GFP_KERNEL', 'GFP_KERNEL|GFP_DMA', 'GFP_KERNEL|GFP_DMA32'].map(text))
  })

  it.each([
    [2 ** 32, 512 * KIB],
    [2 ** 33, MIB],
    [2 ** 36, 4 * MIB],
  ])('%d bytes of memory: %d', (len, size) => {
    const lab = open({}, { machine: { memory: [{ base: RAM, len }] } })
    // What the image takes is not counted.
    expect(lab.bootMemory.atomicPools[0]?.len).toBeGreaterThanOrEqual(size / 2)
    expect(lab.bootMemory.atomicPools[0]?.len).toBeLessThanOrEqual(size)
  })

  it('coherent_pool= says otherwise, in whole blocks; 0 says nothing', () => {
    const sizes = (size: number) =>
      open({ atomicPools: { kind: 'zones', size } }).bootMemory.atomicPools.map(({ len }) => len)
    expect(sizes(300 * KIB)).toEqual([512, 512, 512].map((n) => n * KIB))
    expect(sizes(0)).toEqual([128, 128, 128].map((n) => n * KIB))
    expect(sizes(64 * MIB)[0]).toBe(4 * MIB)
  })

  it('32-bit ARM has one, of 256 KiB', () => {
    const single = (size: number | null) => open({ atomicPools: { kind: 'single', size } })
    const lab = single(null)
    expect(lab.bootMemory.atomicPools).toMatchObject([{ zone: 'normal', len: 256 * KIB }])
    expect(said(lab)).toEqual(['info DMA: preallocated 256 KiB pool for atomic coherent allocations'])
    expect(single(10_000).bootMemory.atomicPools[0]?.len).toBe(12 * KIB)
    const none = single(128 * MIB)
    expect(none.bootMemory.atomicPools).toEqual([])
    expect(said(none)).toEqual(['err DMA: failed to allocate 131072 KiB pool for atomic coherent allocation'])
  })

  it('there is none for ZONE_DMA where no memory lies in it, nor on kernels that keep none', () => {
    const zones = (facts: Partial<KernelFacts>) => open(facts).bootMemory.atomicPools.map(({ zone }) => zone)
    expect(zones({ zoneDmaLimit: RAM - 1 })).toEqual(['normal', 'dma32'])
    expect(zones({ zoneDmaLimit: RAM })).toEqual(['normal', 'dma32'])
    expect(zones({ zoneDmaLimit: null })).toEqual(['normal', 'dma32'])
    expect(zones({ atomicPools: null })).toEqual([])
    const host = hostOf(open({ atomicPools: null }))
    expect(host.allocFromAtomicPool(4096, { owner: 'b', zone: 'dma' })).toMatchObject({
      errno: 'ENOMEM',
      why: 'this kernel keeps no atomic pool',
    })
    expect(host.freeToAtomicPool(0n as never, 4096)).toBe(false)
  })

  it('they come of the default area where the zone holds all of it', () => {
    const inArea = (zoneDmaLimit: number) =>
      open({ zoneDmaLimit }, { reserved: [CMA] }).bootMemory.atomicPools.map(
        ({ base }) => base >= CMA.base && base < CMA.base + CMA.len,
      )
    expect(inArea(CMA.base + CMA.len - 1)).toEqual([true, true, true])
    expect(inArea(CMA.base + CMA.len - 2)).toEqual([true, false, true])
  })

  it('the pool of a small zone is as large as the zone allows', () => {
    const lab = open({ zoneDmaLimit: RAM + 32 * MIB + (128 + 100) * KIB - 1 })
    expect(lab.bootMemory.atomicPools.map(({ zone, len }) => [zone, len])).toEqual([
      ['normal', 128 * KIB],
      ['dma', 64 * KIB],
      ['dma32', 128 * KIB],
    ])
    expect(said(lab)[1]).toMatch(/preallocated 64 KiB GFP_KERNEL\|GFP_DMA pool/)
  })
})

describe('who is served', () => {
  /** The zones that serve 32 pages each, in order. */
  const order = (zone: 'dma' | 'dma32' | 'normal', facts: Partial<KernelFacts> = {}) => {
    const lab = open(facts)
    const places = lab.bootMemory.atomicPools
    const host = hostOf(lab)
    const seen: string[] = []
    for (;;) {
      const got = host.allocFromAtomicPool(128 * KIB, { owner: 'b', zone })
      if (!got.ok) return seen
      const { phys: at } = got.value
      seen.push(places.find(({ base, len }) => at >= base && at < base + len)?.zone ?? 'none')
    }
  }
  it.each([
    ['dma', ['dma']],
    ['dma32', ['dma32', 'dma']],
    ['normal', ['normal', 'dma32', 'dma']],
  ] as const)('%s: %s', (zone, expected) => {
    expect(order(zone)).toEqual(expected)
  })

  it('a zone without a pool of its own tries all, the widest first', () => {
    expect(order('dma', { zoneDmaLimit: null })).toEqual(['normal', 'dma32'])
  })

  it('memory is zeroed, has its owner, and goes back to the pool', () => {
    const lab = open()
    const before = lab.balance()
    const host = hostOf(lab)
    const got = host.allocFromAtomicPool(5000, { owner: 'ring', zone: 'dma' })
    if (!got.ok) throw new Error(got.why)
    const { cpuAddr, phys: at } = got.value
    expect(lab.memory.resolve(cpuAddr)).toEqual({ phys: at, kind: 'uncached' })
    expect(lab.memory.hot.compareSet('memory', at, 5000, 0).wrong).toBe(0)
    expect([lab.memory.ownerAt(at), lab.balance().get('bytes of atomic pools')]).toEqual(['ring', 8192])
    expect(host.freeToAtomicPool(cpuAddr, 5000)).toBe(true)
    expect(lab.memory.ownerAt(at)).toBe('atomic DMA pool')
    expect(lab.balance()).toEqual(before)
    expect(host.freeToAtomicPool(lab.memory.linearAddress(phys(RAM)), 4096)).toBe(false)
  })

  it('what the device does not reach is given back, and the next pool is asked', () => {
    const lab = open()
    const [, dma, dma32] = lab.bootMemory.atomicPools
    const asked: number[] = []
    const got = hostOf(lab).allocFromAtomicPool(4096, {
      owner: 'b',
      zone: 'dma32',
      reachable: (at, size) => {
        asked.push(at, size)
        return at === dma?.base
      },
    })
    expect(got.ok && got.value.phys).toBe(dma?.base)
    expect(asked).toEqual([dma32?.base, 4096, dma?.base, 4096])
    expect(lab.balance().get('bytes of atomic pools')).toBe(4096)
  })

  it.each([
    [{}, {}, 1],
    [{ quiet: true }, {}, 0],
    [{ quiet: true }, { atomicPoolWarns: true }, 1],
  ])('a caller that is %o under %o is told of an empty pool: %i', (request, facts, count) => {
    const lab = open({ atomicPoolWarns: false, ...facts })
    const host = hostOf(lab)
    host.allocFromAtomicPool(128 * KIB, { owner: 'b', zone: 'dma' })
    const got = host.allocFromAtomicPool(1, { owner: 'b', zone: 'dma', ...request })
    expect(got).toEqual({
      ok: false,
      errno: 'ENOMEM',
      why: 'DMA pool exhausted for codec: no 1 bytes for an allocation that may not sleep',
    })
    expect(said(lab).filter((text) => text === 'warn DMA pool exhausted for codec')).toHaveLength(count)
  })
})

describe('a pool that runs low', () => {
  it('is as large again after a while, once, and only where one was asked', () => {
    const lab = open()
    const host = hostOf(lab)
    const take = () => host.allocFromAtomicPool(128 * KIB, { owner: 'b', zone: 'dma' })
    const bytes = () => lab.balance().get('bytes of free memory') ?? 0
    const before = bytes()
    lab.passTime(1)
    expect([take().ok, take().ok]).toEqual([true, false])
    lab.passTime(1)
    expect([take().ok, take().ok]).toEqual([true, false])
    lab.passTime(1)
    expect([take().ok, take().ok, take().ok]).toEqual([true, true, false])
    expect(bytes()).toBe(before)
  })

  it('of one size does not grow', () => {
    const lab = open({ atomicPools: { kind: 'single', size: 64 * KIB } })
    const take = () => hostOf(lab).allocFromAtomicPool(64 * KIB, { owner: 'b', zone: 'normal' })
    expect(take().ok).toBe(true)
    lab.passTime(1)
    expect([take().ok, said(lab).filter((text) => text.startsWith('warn'))]).toEqual([false, []])
  })
})
