// The functions that drivers call, one by one: what each refuses, what it tells, and what it leaves behind when something fails.
import { DIR, type DmaAddr, type DmaMapping, type KernelFacts, pfn, phys, type SgTable } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { device, openTestLab, pool, type TestLab, type TestLabOptions } from './lab.ts'

const AT = phys(0x4010_0000)
const HANDLE = 0x4010_0000 as DmaAddr
const PAGE = { kind: 'page', pfn: pfn(0x40100) } as const
const MMIO = 0x100
const COHERENT_ONLY = 0x200
const attrs = { MMIO, REQUIRE_COHERENT: COHERENT_ONLY }

const listOf = (lab: TestLab, pfns: readonly number[]): SgTable => {
  const made = lab.sgAlloc(pfns.length)
  if (!made.ok) throw new Error(made.why)
  for (const [i, n] of pfns.entries()) made.value.setPage(i, { kind: 'page', pfn: pfn(n) }, 4096, 0)
  return made.value
}
const names = (lab: TestLab): string[] => lab.events.map((e) => e.event)
const codec = (options: TestLabOptions = {}) => {
  const lab = openTestLab(options)
  return { lab, dev: lab.device('codec'), dma: lab.mapping }
}

// Models: Linux v6.12 kernel/dma/mapping.c, where each begins with BUG_ON(!valid_dma_direction(dir)).
it.each<[symbol: string, call: (dma: DmaMapping, dev: ReturnType<TestLab['device']>, list: SgTable) => unknown]>([
  ['dma_map_page_attrs', (dma, dev) => dma.mapPageAttrs(dev, PAGE, 0, 64, DIR.NONE, 0)],
  ['dma_unmap_page_attrs', (dma, dev) => dma.unmapPageAttrs(dev, HANDLE, 64, DIR.NONE, 0)],
  ['dma_map_sg_attrs', (dma, dev, list) => dma.mapSgAttrs(dev, list, DIR.NONE, 0)],
  ['dma_unmap_sg_attrs', (dma, dev, list) => dma.unmapSgAttrs(dev, list, DIR.NONE, 0)],
  ['dma_map_resource', (dma, dev) => dma.mapResource(dev, AT, 64, DIR.NONE, 0)],
  ['dma_unmap_resource', (dma, dev) => dma.unmapResource(dev, HANDLE, 64, DIR.NONE, 0)],
  ['dma_map_phys', (dma, dev) => dma.mapPhys(dev, AT, 64, DIR.NONE, 0)],
  ['dma_unmap_phys', (dma, dev) => dma.unmapPhys(dev, HANDLE, 64, DIR.NONE, 0)],
  ['dma_sync_single_for_cpu', (dma, dev) => dma.syncSingleForCpu(dev, HANDLE, 64, DIR.NONE)],
  ['dma_sync_single_for_device', (dma, dev) => dma.syncSingleForDevice(dev, HANDLE, 64, DIR.NONE)],
  ['dma_sync_sg_for_cpu', (dma, dev, list) => dma.syncSgForCpu(dev, list, DIR.NONE)],
  ['dma_sync_sg_for_device', (dma, dev, list) => dma.syncSgForDevice(dev, list, DIR.NONE)],
])('%s of no direction is a BUG there', (symbol, call) => {
  const { lab, dev, dma } = codec()
  expect(() => call(dma, dev, listOf(lab, [0x40100]))).toThrow(
    expect.objectContaining({
      oops: expect.objectContaining({ callPath: expect.arrayContaining([symbol]) }),
    }),
  )
  expect(names(lab)).not.toContain('dma_map_page')
})

describe('attributes of later kernels', () => {
  const facts = { attrs } as Partial<KernelFacts>

  it.each([
    [false, COHERENT_ONLY, false],
    [true, COHERENT_ONLY, true],
    [false, 0, true],
  ])('a device that snoops: %s, attributes %d: mapped %s', (coherent, given, mapped) => {
    const { lab, dev, dma } = codec({ facts, devices: [device('codec', { coherent })] })
    const all = [
      dma.mapPageAttrs(dev, PAGE, 0, 64, DIR.TO_DEVICE, given),
      dma.mapPhys(dev, AT, 64, DIR.TO_DEVICE, given),
      dma.mapSgAttrs(dev, listOf(lab, [0x40100]), DIR.TO_DEVICE, given),
    ]
    expect(all.map(({ ok }) => ok)).toEqual([mapped, mapped, mapped])
    const why = 'DMA_ATTR_REQUIRE_COHERENT: codec does not snoop'
    const refused = ['EIO', 'EIO', 'EOPNOTSUPP'].map((errno) => ({ ok: false, errno, why }))
    expect(mapped ? refused : all).toEqual(refused)
    expect(names(lab)).toHaveLength(mapped ? 3 : 0)
  })

  it('DMA_ATTR_MMIO is not for pages; addresses that have it go the way of resources', () => {
    const { lab, dev, dma } = codec({ facts })
    expect(dma.mapPageAttrs(dev, PAGE, 0, 64, DIR.TO_DEVICE, MMIO)).toEqual({
      ok: false,
      errno: 'EIO',
      why: 'DMA_ATTR_MMIO is not for pages',
    })
    dma.unmapPageAttrs(dev, HANDLE, 64, DIR.TO_DEVICE, MMIO)
    expect(names(lab)).toEqual([])
    dma.mapPhys(dev, AT, 64, DIR.TO_DEVICE, MMIO)
    dma.unmapPhys(dev, HANDLE, 64, DIR.TO_DEVICE, MMIO)
    dma.mapPhys(dev, phys(AT + 100), 64, DIR.TO_DEVICE, 0)
    dma.unmapPhys(dev, HANDLE, 64, DIR.TO_DEVICE, 0)
    expect(lab.events.map((e) => [e.event, 'dmaAddr' in e ? e.dmaAddr : 0])).toEqual([
      ['dma_map_resource', AT],
      ['dma_unmap_resource', AT],
      ['dma_map_page', AT + 100],
      ['dma_unmap_page', AT],
    ])
  })

  it('kernels that map by address map resources with it, and tell so', () => {
    for (const mapsByPhys of [false, true]) {
      const { lab, dev, dma } = codec({ facts: { ...facts, mapsByPhys } })
      expect(dma.mapResource(dev, AT, 64, DIR.TO_DEVICE, 0)).toEqual({ ok: true, value: AT })
      dma.unmapResource(dev, HANDLE, 64, DIR.TO_DEVICE, 0)
      expect(lab.events).toMatchObject(
        ['dma_map_resource', 'dma_unmap_resource'].map((event) => ({ event, attrs: mapsByPhys ? MMIO : 0, size: 64 })),
      )
    }
  })

  it('registers are not memory: dma_map_resource takes them where it refuses RAM', () => {
    const { lab, dev, dma } = codec({ facts: { mapResourceRefusesRam: true } })
    expect(dma.mapResource(dev, phys(0x1000_0000), 4096, DIR.TO_DEVICE, 0)).toEqual({ ok: true, value: 0x1000_0000 })
    expect(() => dma.mapResource(dev, phys(0x4010_0010), 4096, DIR.TO_DEVICE, 0)).toThrow('BUG')
    expect(lab.events.at(-1)).toMatchObject({
      event: 'stopped_call',
      call: 'map_resource',
      dir: DIR.TO_DEVICE,
      entries: [{ page: 0x40100, offset: 0x10, length: 4096, dmaAddress: 0, dmaLength: 0, attrs: 0 }],
    })
    const byPhys = codec({ facts: { mapResourceRefusesRam: true, mapsByPhys: true } })
    expect(byPhys.dma.mapResource(byPhys.dev, AT, 64, DIR.TO_DEVICE, 0).ok).toBe(true)
  })
})

describe('sync calls', () => {
  it('tell the address, or those of each entry', () => {
    const { lab, dev, dma } = codec()
    const list = listOf(lab, [0x40100, 0x40108])
    dma.mapSgAttrs(dev, list, DIR.BIDIRECTIONAL, 0)
    dma.syncSingleForCpu(dev, HANDLE, 64, DIR.FROM_DEVICE)
    dma.syncSingleForDevice(dev, HANDLE, 32, DIR.TO_DEVICE)
    dma.syncSgForCpu(dev, list, DIR.FROM_DEVICE)
    dma.syncSgForDevice(dev, list, DIR.TO_DEVICE)
    dma.syncSgForDevice(dev, list, DIR.TO_DEVICE, 1)
    const both = { dmaAddrs: [AT, AT + 0x8000], sizes: [4096, 4096] }
    expect(lab.events.slice(1)).toMatchObject([
      { event: 'dma_sync_single_for_cpu', dmaAddr: AT, size: 64, dir: DIR.FROM_DEVICE },
      { event: 'dma_sync_single_for_device', dmaAddr: AT, size: 32, dir: DIR.TO_DEVICE },
      { event: 'dma_sync_sg_for_cpu', dir: DIR.FROM_DEVICE, ...both },
      { event: 'dma_sync_sg_for_device', dir: DIR.TO_DEVICE, ...both },
      { event: 'dma_sync_sg_for_device', dmaAddrs: [AT], sizes: [4096] },
    ])
  })

  it('a device that needs none returns from all of them, until a new mask is asked for', () => {
    const { lab, dev, dma } = codec({
      devices: [device('codec', { coherent: true })],
      facts: { skipsNeedlessSync: true },
    })
    const list = listOf(lab, [0x40100])
    const all = (): string[] => {
      const before = lab.events.length
      dma.syncSingleForCpu(dev, HANDLE, 64, DIR.FROM_DEVICE)
      dma.syncSingleForDevice(dev, HANDLE, 64, DIR.FROM_DEVICE)
      dma.syncSgForCpu(dev, list, DIR.FROM_DEVICE)
      dma.syncSgForDevice(dev, list, DIR.FROM_DEVICE)
      return names(lab).slice(before)
    }
    expect(all()).toEqual([])
    Object.assign(dev, { skipSync: false })
    expect(all()).toHaveLength(4)
    dma.setMask(dev, 32)
    expect(all()).toEqual([])
    const plain = codec({ facts: { skipsNeedlessSync: true } })
    plain.dma.setMask(plain.dev, 32)
    plain.dma.syncSingleForCpu(plain.dev, HANDLE, 64, DIR.FROM_DEVICE)
    expect(names(plain.lab)).toHaveLength(1)
  })
})

describe('masks', () => {
  it.each([
    ['setMask', 'codec: a 24 bit DMA mask is not supported', { maskBits: 40, coherentMaskBits: 32 }],
    ['setCoherentMask', 'codec: a 24 bit coherent DMA mask is not supported', { maskBits: 32, coherentMaskBits: 40 }],
  ] as const)('%s refuses what the table does not support, and sets no other', (call, why, after) => {
    const { dev, dma } = codec()
    expect(dma[call](dev, 24)).toEqual({ ok: false, errno: 'EIO', why })
    expect(dev).toMatchObject({ maskBits: 32, coherentMaskBits: 32 })
    expect(dma[call](dev, 40)).toEqual({ ok: true, value: undefined })
    expect(dev).toMatchObject(after)
  })

  it('a driver’s mask takes the place of an odd one', () => {
    const { dev, dma } = codec()
    Object.assign(dev, { oddMask: 0x7fff_f000, oddCoherentMask: 0x3fff_f000 })
    dma.setMask(dev, 33)
    expect(dev).toMatchObject({ oddMask: undefined, oddCoherentMask: 0x3fff_f000 })
    dma.setCoherentMask(dev, 33)
    expect(dev).toMatchObject({ oddCoherentMask: undefined })
  })
})

describe('lists', () => {
  const failing = (errno: 'ENOMEM' | 'EAGAIN', facts: Partial<KernelFacts>) => {
    const opened = codec({ facts })
    Object.assign(opened.lab.ops(opened.dev), { mapSg: () => ({ ok: false, errno, why: 'the table says no' }) })
    return { ...opened, mapped: opened.dma.mapSgAttrs(opened.dev, listOf(opened.lab, [0x40100]), DIR.TO_DEVICE, 0) }
  }

  // Models: Linux v6.12 kernel/dma/mapping.c: __dma_map_sg_attrs
  it('an errno that map_sg must not give is told, and becomes -EIO', () => {
    const { lab, mapped } = failing('EAGAIN', { mapSgErrno: 'own' })
    expect(mapped).toEqual({ ok: false, errno: 'EIO', why: 'the table says no' })
    expect(lab.events).toEqual([
      { at: 0, event: 'dma_map_sg_err', device: 'codec', dir: DIR.TO_DEVICE, physAddrs: [AT], err: -11, attrs: 0 },
    ])
  })

  it('an errno that it may give comes through, or is -EINVAL on kernels that return 0 entries', () => {
    expect(failing('ENOMEM', { mapSgErrno: 'own' }).mapped).toMatchObject({ errno: 'ENOMEM' })
    const old = failing('ENOMEM', { mapSgErrno: 'EINVAL' as never })
    expect(old.mapped).toEqual({ ok: false, errno: 'EINVAL', why: 'the table says no' })
    expect(names(old.lab)).toEqual([])
  })

  it.each([
    [128, false, 128],
    [129, true, 128],
  ])('the event of %d entries is cut: %s', (entries, truncated, told) => {
    const { lab, dev, dma } = codec()
    const list = listOf(
      lab,
      Array.from({ length: entries }, (_, i) => 0x40100 + 2 * i),
    )
    dma.mapSgAttrs(dev, list, DIR.TO_DEVICE, 0)
    const [event] = lab.events
    expect(event).toMatchObject({ nents: entries, ents: entries, truncated, dir: DIR.TO_DEVICE })
    const arrays = event?.event === 'dma_map_sg' ? [event.physAddrs, event.dmaAddrs, event.sizes] : []
    expect(arrays.map(({ length }) => length)).toEqual([told, told, told])
  })

  it('entries whose pages are no memory, or that have attributes, are told as they stand', () => {
    const records = (change: (list: SgTable) => void) => {
      const { lab, dev, dma } = codec()
      const list = listOf(lab, [0x40100, 0x40108])
      change(list)
      dma.unmapSgAttrs(dev, list, DIR.TO_DEVICE, 0)
      dma.mapSgAttrs(dev, list, DIR.TO_DEVICE, 0)
      const mapped = lab.events.find((event) => event.event === 'dma_map_sg')
      return mapped?.event === 'dma_map_sg' ? mapped.records : undefined
    }
    expect(records(() => {})).toBeUndefined()
    expect(records((list) => list.setAttrs(1, 1024))).toMatchObject([
      { page: 0x40100, attrs: 0 },
      { page: 0x40108, attrs: 1024 },
    ])
    expect(records((list) => list.setPage(0, { kind: 'page', pfn: pfn(0x10) }, 4096, 0))).toMatchObject([
      { page: 0x10 },
      { page: 0x40108 },
    ])
  })
})

describe('coherent memory', () => {
  const POOL = pool('luma', 0x4200_0000, 0x1_0000)
  const withPool = { reserved: [POOL], devices: [device('codec', { pools: ['luma'] })] }

  it('that fails on request is told as a failed allocation', () => {
    const { lab, dev, dma } = codec({ inject: [{ what: 'alloc', nth: 1 }] })
    expect(dma.allocAttrs(dev, 4096, 4, 'b')).toEqual({
      ok: false,
      errno: 'ENOMEM',
      why: 'allocation for codec failed on request',
    })
    expect(lab.events).toEqual([
      {
        at: 0,
        event: 'dma_alloc',
        device: 'codec',
        dir: DIR.BIDIRECTIONAL,
        dmaAddr: 0,
        size: 4096,
        attrs: 4,
        virtAddr: '',
        flags: 'GFP_KERNEL',
      },
    ])
  })

  it.each([
    [{ poolIsFinal: true }, 'ENOMEM'],
    [{ poolIsFinal: false }, 'general memory'],
  ])('a full pool under %o: %s', (facts, expected) => {
    const { lab, dev, dma } = codec({ ...withPool, facts })
    expect(dma.allocAttrs(dev, 0x1_0000, 0, 'a').ok).toBe(true)
    Object.assign(dev, { poolIsExclusive: false })
    const second = dma.allocAttrs(dev, 4096, 0, 'b')
    expect(second.ok ? 'general memory' : second.errno).toBe(expected)
    expect(lab.events[1]).toMatchObject({ event: 'dma_alloc', size: 4096 })
    expect(lab.events[1]).not.toHaveProperty('pool')
    Object.assign(dev, { poolIsExclusive: true })
    expect(dma.allocAttrs(dev, 4096, 0, 'c')).toMatchObject({ errno: 'ENOMEM' })
  })

  it('of the op table is told with its physical address; that which may not sleep comes from elsewhere', () => {
    const { lab, dev, dma } = codec()
    const got = dma.allocAttrs(dev, 8192, 0, 'b')
    const handle = got.ok ? got.value.handle : 0
    expect(lab.events[0]).toMatchObject({ physAddr: handle, dmaAddr: handle, flags: 'GFP_KERNEL' })
    expect(dma.allocAtomic(dev, 8192, 0, 'b')).toMatchObject({ errno: 'ENOMEM', why: 'nothing is set aside' })
    expect(lab.events[1]).toMatchObject({ dmaAddr: 0, virtAddr: '', flags: 'GFP_ATOMIC' })
  })

  it('is freed to the pool it came from, else by the op table', () => {
    const { lab, dev, dma } = codec({ ...withPool, facts: { tracesPoolFree: false } })
    const host = lab.host(dev)
    const got = dma.allocAttrs(dev, 5000, 0, 'b')
    if (!got.ok) throw new Error(got.why)
    const balance = () => lab.balance().get('pages of pool luma')
    expect(balance()).toBe(2)
    dma.freeAttrs(dev, 5000, got.value.cpuAddr, got.value.handle, 0)
    expect(balance()).toBe(0)
    const outside = host.mem.linearAddress(AT)
    dma.freeAttrs(dev, 4096, outside, HANDLE, 0)
    expect(lab.events.slice(1)).toMatchObject([
      { event: 'pool_free', device: 'codec', pool: 'luma', size: 5000, dmaAddr: 0x4200_0000 },
      { event: 'dma_free', size: 4096, dmaAddr: AT },
    ])
  })

  it('is mapped for a task from its pool, within its pages', () => {
    const { dev, dma } = codec(withPool)
    dma.allocAttrs(dev, 8192, 0, 'first')
    const got = dma.allocAttrs(dev, 8192, 0, 'b')
    if (!got.ok) throw new Error(got.why)
    const { cpuAddr, handle } = got.value
    expect(dma.mmapAttrs(dev, cpuAddr, handle, 8192, 0)).toEqual({
      ok: true,
      value: { phys: 0x4200_2000, len: 8192, kind: 'writecombine' },
    })
    expect(dma.mmapAttrs(dev, cpuAddr, handle, 8192, 0, 4096, 1)).toMatchObject({ value: { phys: 0x4200_3000 } })
    expect(dma.mmapAttrs(dev, cpuAddr, handle, 8192, 0, 4097, 1)).toMatchObject({ errno: 'ENXIO' })
    expect(dma.mmapAttrs(dev, cpuAddr, handle, 8192, 0, 1, 2)).toMatchObject({
      errno: 'ENXIO',
      why: 'pages 2..3 lie outside the 2 pages of the allocation',
    })
  })
})

describe('two-step mapping', () => {
  it('is refused, and why', () => {
    const early = codec({ facts: { twoStepIova: false } })
    expect(early.dma.iovaTryAlloc(early.dev, AT, 4096)).toMatchObject({
      errno: 'EOPNOTSUPP',
      why: 'dma_iova_try_alloc() came with v6.16',
    })
    const { dev, dma } = codec({ facts: { twoStepIova: true } })
    expect(dma.iovaTryAlloc(dev, AT, 4096)).toMatchObject({
      errno: 'EOPNOTSUPP',
      why: 'dma-iommu does not manage the bus addresses of codec',
    })
    expect(() => dma.iovaFree(dev, { addr: HANDLE, size: 4096 } as never)).toThrow('codec has no bus addresses')
  })
})
