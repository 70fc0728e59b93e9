// Parts of the DMA API alone: pools of pages, windows, sizes of bounce pools, small buffers, injected failures, a device's own bus.
import {
  DIR,
  type DeviceFacts,
  type DmaAddr,
  INJECTABLE,
  type KernelFacts,
  pfn,
  phys,
  type SwiotlbPolicy,
  vaddr,
} from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { DeviceBusView } from '../src/bus-view.ts'
import { GenPool } from '../src/gen-pool.ts'
import { kmallocNeedsBounce } from '../src/kmalloc-bounce.ts'
import { Injector } from '../src/injector.ts'
import { appendTable, sgAllocFromPages, sgAppendFromPages } from '../src/sg-pages.ts'
import { defaultSlots, smallerPool } from '../src/swiotlb.ts'
import { windowsOf } from '../src/windows.ts'
import { device, openTestLab } from './lab.ts'

const PAGE = 4096
const GIB = 2 ** 30

describe('a pool of pages', () => {
  const VIRT = vaddr(0xf000_0000n)
  const make = (...lens: readonly number[]): GenPool => {
    const pool = new GenPool()
    for (const [i, len] of lens.entries())
      pool.add(vaddr(VIRT + BigInt(i) * 0x100_0000n), phys((i + 1) * 0x100_0000), len * PAGE)
    return pool
  }

  it('gives the lowest place that is aligned to the order of the size', () => {
    const pool = make(8)
    expect([1, 2, 1, 3].map((pages) => pool.alloc(pages * PAGE - 1)?.phys)).toEqual([
      0x100_0000, 0x100_2000, 0x100_1000, 0x100_4000,
    ])
    expect([pool.size, pool.available, pool.chunkCount]).toEqual([8 * PAGE, PAGE, 1])
    expect(pool.alloc(PAGE)?.cpuAddr).toBe(VIRT + 0x7000n)
    expect([pool.alloc(1), pool.alloc(0)]).toEqual([undefined, undefined])
  })

  it('goes on to the next chunk, and never across two', () => {
    const pool = make(2, 4)
    expect(pool.alloc(3 * PAGE)).toEqual({ cpuAddr: vaddr(VIRT + 0x100_0000n), phys: 0x200_0000 })
    expect(pool.alloc(2 * PAGE)?.phys).toBe(0x100_0000)
    expect([pool.size, pool.available]).toEqual([6 * PAGE, PAGE])
  })

  it('takes back what is wholly its own, and knows where it lies', () => {
    const pool = make(4, 4)
    const got = pool.alloc(4 * PAGE)
    if (got === undefined) throw new Error('four are free')
    const second = vaddr(VIRT + 0x100_0000n)
    expect(pool.physOf(vaddr(got.cpuAddr + 0x3000n), PAGE)).toBe(0x100_3000)
    expect(pool.physOf(second, 4 * PAGE)).toBe(0x200_0000)
    expect(pool.physOf(second, 4 * PAGE + 1)).toBeUndefined()
    expect(pool.physOf(vaddr(VIRT - 0x1000n), PAGE)).toBeUndefined()
    expect(pool.physOf(vaddr(VIRT + 0x4000n), PAGE)).toBeUndefined()
    pool.free(vaddr(VIRT + 0x4000n), PAGE)
    expect(pool.available).toBe(4 * PAGE)
    pool.free(got.cpuAddr, 3 * PAGE - 5)
    expect(pool.available).toBe(7 * PAGE)
    expect(pool.alloc(PAGE)?.phys).toBe(0x100_0000)
  })
})

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

// Models: Linux v6.12 kernel/dma/swiotlb.c: swiotlb_init_remap, swiotlb_adjust_size, round_up_default_nslabs
describe('the bounce pool that a kernel makes at boot', () => {
  const policy: SwiotlbPolicy = {
    mode: 'auto',
    dmaLimit: 4 * GIB - 1,
    slots: 32_768,
    areas: 4,
    bouncesKmalloc: false,
    kmallocPool: false,
    restrictedPools: true,
    highest: false,
  } as never
  const slots = (over: object, facts: object = {}, ram = 2 * GIB, top = 8 * GIB): number =>
    defaultSlots({ ...policy, ...over }, { bounceAreas: true, bounceNoforce: 'small', ...facts } as never, ram, top)

  it.each<[what: string, slots: number, expected: number]>([
    ['64 MiB where memory lies beyond the limit', slots({}), 32_768],
    ['none where it does not', slots({}, {}, GIB, 4 * GIB), 0],
    ['one byte beyond is enough', slots({}, {}, GIB, 4 * GIB + 1), 32_768],
    ['all the same with swiotlb=force', slots({ mode: 'force' }, {}, GIB, 4 * GIB), 32_768],
    ['none with noforce', slots({ mode: 'noforce' }, { bounceNoforce: 'none' }), 0],
    ['a segment with noforce on kernels that keep one', slots({ mode: 'noforce' }), 128],
    [
      '1 MiB a GiB where only small buffers bounce',
      slots({ bouncesKmalloc: true, kmallocPool: true }, {}, 2 * GIB, GIB),
      1024,
    ],
    ['as asked, also there', slots({ bouncesKmalloc: true, kmallocPool: true, slots: 4096 }, {}, 2 * GIB, GIB), 4096],
    ['64 MiB where both are true', slots({ bouncesKmalloc: true, kmallocPool: true }), 32_768],
    ['none for small buffers alone without such a pool', slots({ bouncesKmalloc: true }, {}, 2 * GIB, GIB), 0],
    ['a segment for each area at least, in a power of two', slots({ slots: 1000, areas: 12 }), 2048],
    ['the next power of two', slots({ slots: 3000 }), 4096],
    ['as asked on kernels without areas', slots({ slots: 3000 }, { bounceAreas: false }), 3000],
  ])('%s', (_, got, expected) => {
    expect(got).toBe(expected)
  })

  it('shrinks by half in whole segments, to 1 MiB', () => {
    expect([32_768, 1152, 513, 512, 128].map(smallerPool)).toEqual([16_384, 640, 384, undefined, undefined])
  })
})

// Models: Linux v6.12 include/linux/dma-map-ops.h: dma_kmalloc_size_aligned
it.each([
  [DIR.FROM_DEVICE, 8, 64, true],
  [DIR.FROM_DEVICE, 64, 64, false],
  [DIR.FROM_DEVICE, 65, 64, true],
  [DIR.FROM_DEVICE, 97, 64, false],
  [DIR.FROM_DEVICE, 97, 128, false],
  [DIR.FROM_DEVICE, 129, 128, true],
  [DIR.FROM_DEVICE, 193, 128, false],
  [DIR.FROM_DEVICE, 255, 512, true],
  [DIR.FROM_DEVICE, 256, 512, false],
  [DIR.FROM_DEVICE, 0, 64, false],
  [DIR.TO_DEVICE, 8, 64, false],
  [DIR.BIDIRECTIONAL, 8, 64, true],
])('direction %i, %i bytes, lines of %i: a small buffer bounces: %s', (dir, size, cacheAlignment, expected) => {
  const facts = { swiotlb: { bouncesKmalloc: true } } as KernelFacts
  expect(kmallocNeedsBounce({ facts, coherent: false, cacheAlignment }, size, dir)).toBe(expected)
  expect(kmallocNeedsBounce({ facts, coherent: true, cacheAlignment }, size, dir)).toBe(false)
  const never = { swiotlb: { bouncesKmalloc: false } } as KernelFacts
  expect(kmallocNeedsBounce({ facts: never, coherent: false, cacheAlignment }, size, dir)).toBe(false)
})

describe('failures that are asked for', () => {
  const machine = { name: 'board', devices: [device('codec'), device('display')] } as never

  it('are refused where nothing can fail, and for devices that are not there', () => {
    expect(() => new Injector([{ what: 'weather' as never, nth: 1 }], machine)).toThrow(
      expect.objectContaining({
        message: "no failure can be injected into 'weather'",
        hint: `it can be ${INJECTABLE.join(', ')}`,
      }),
    )
    expect(() => new Injector([{ what: 'alloc', nth: 1, device: 'cod' }], machine)).toThrow(
      expect.objectContaining({
        message: 'a failure is to be injected for cod, which board board does not have',
        hint: 'it has codec, display',
      }),
    )
    expect(() => new Injector([{ what: 'alloc', nth: 1, device: 'codec.luma' }], machine)).not.toThrow()
  })

  it('count the calls of each rule', () => {
    const injector = new Injector(
      [
        { what: 'alloc', nth: 2 },
        { what: 'alloc', nth: 1, device: 'display' },
      ],
      machine,
    )
    expect(['codec', 'display', 'display'].map((name) => injector.hits('alloc', name))).toEqual([false, true, false])
    expect(injector.hits('mapSg', 'codec')).toBe(false)
    expect(injector.calls).toEqual([
      { what: 'alloc', nth: 2, calls: 3 },
      { what: 'alloc', nth: 1, device: 'display', calls: 2 },
    ])
    expect([injector.watches('alloc', 'codec'), injector.watches('mmap', 'codec')]).toEqual([true, false])
  })

  it.each([
    ['mmap', 'ENXIO'],
    ['getSgtable', 'ENOMEM'],
    ['mapPage', 'EIO'],
    ['mapSg', 'EIO'],
    ['mapResource', 'EIO'],
    ['sgAlloc', 'ENOMEM'],
  ] as const)('%s fails with %s, once', (what, errno) => {
    const lab = openTestLab({ inject: [{ what, nth: 1, device: 'codec' }] })
    const codec = lab.device('codec')
    const list = lab.sgAlloc(1)
    if (!list.ok) throw new Error(list.why)
    list.value.setPage(0, { kind: 'page', pfn: pfn(0x40100) }, PAGE, 0)
    const at = lab.host(codec).mem.linearAddress(phys(0x4010_0000))
    const calls = {
      mmap: () => lab.mapping.mmapAttrs(codec, at, 0 as DmaAddr, PAGE, 0),
      getSgtable: () => lab.mapping.getSgtableAttrs(codec, at, 0 as DmaAddr, PAGE, 0),
      mapPage: () => lab.mapping.mapPageAttrs(codec, { kind: 'page', pfn: pfn(0x40100) }, 0, 64, DIR.TO_DEVICE, 0),
      mapSg: () => lab.ops(codec).mapSg(list.value, 1, DIR.TO_DEVICE, 0),
      mapResource: () => lab.mapping.mapResource(codec, phys(0x1000_0000), 64, DIR.TO_DEVICE, 0),
      sgAlloc: () => lab.host(codec).sgAlloc(1),
    }
    expect(calls[what]()).toMatchObject({
      ok: false,
      errno,
      why: expect.stringContaining('failed on request') as string,
    })
    const again = calls[what]()
    expect(again.ok ? 'done' : again.why).not.toContain('on request')
    expect(lab.injections()).toEqual([{ what, nth: 1, device: 'codec', calls: 2 }])
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

// Models: Linux v6.12 lib/scatterlist.c: sg_alloc_append_table_from_pages
describe('lists from pages', () => {
  const pages = (pfns: readonly number[], more: object = {}) => ({
    pfns: pfns.map(pfn),
    offset: 0,
    size: pfns.length * PAGE,
    maxSegment: 2 ** 31,
    ...more,
  })
  const open = (entrySize = 1024, fails = 0) => {
    const lab = openTestLab({
      facts: { sgEntrySize: entrySize as never },
      inject: fails === 0 ? [] : [{ what: 'sgAlloc', nth: fails }],
    })
    const host = lab.host(lab.device('codec'))
    const allocator = {
      perChunk: host.sg.perChunk,
      sgAlloc: (n: number) => host.sgAlloc(n),
      sgFree: (t: never) => host.sgFree(t),
      sgGrow: () => ({ ok: false, errno: 'ENOMEM', why: 'no chunk' }) as const,
    }
    return { lab, allocator, lists: () => lab.balance().get('scatterlists') }
  }

  it('a largest segment below a page is -EINVAL, an appended offset too', () => {
    const { allocator } = open()
    expect(sgAllocFromPages(allocator as never, pages([1], { maxSegment: PAGE - 1 }))).toMatchObject({
      errno: 'EINVAL',
      why: 'a largest segment of 4095 bytes is below one page',
    })
    expect(sgAllocFromPages(allocator as never, pages([1], { maxSegment: PAGE })).ok).toBe(true)
    const append = appendTable()
    expect(sgAppendFromPages(allocator as never, append, pages([1]), 1).ok).toBe(true)
    expect(sgAppendFromPages(allocator as never, append, pages([9], { offset: 4 }), 0)).toMatchObject({
      errno: 'EINVAL',
    })
    expect(sgAllocFromPages(allocator as never, pages([]))).toMatchObject({
      errno: 'EINVAL',
      why: 'no pages were given',
    })
  })

  it('one that cannot be chained is given back', () => {
    const { allocator, lists } = open()
    expect(sgAllocFromPages(allocator as never, pages([1, 3, 5, 7, 9]))).toMatchObject({ errno: 'ENOMEM' })
    expect(lists()).toBe(0)
    const first = open(1024, 1)
    expect(sgAllocFromPages(first.allocator as never, pages([1]))).toMatchObject({ errno: 'ENOMEM' })
    expect(first.lists()).toBe(0)
  })

  it('neighbours are one entry up to the largest segment, also across calls; a refusal leaves it as it was', () => {
    const { allocator } = open()
    const append = appendTable()
    const lengths = () => append.table?.entries().map(({ length }) => length)
    sgAppendFromPages(allocator as never, append, pages([1, 2], { maxSegment: 3 * PAGE }), 4)
    expect([lengths()?.[0], append.ended]).toEqual([2 * PAGE, false])
    expect(sgAppendFromPages(allocator as never, append, pages([3, 4, 5], { maxSegment: 3 * PAGE }), 1).ok).toBe(true)
    expect(lengths()?.slice(0, 2)).toEqual([3 * PAGE, 2 * PAGE])
    // One more neighbour, and then more pieces than there is room for.
    const before = lengths()
    expect(sgAppendFromPages(allocator as never, append, pages([6, 20, 30, 40, 50]), 0)).toMatchObject({
      errno: 'ENOMEM',
    })
    expect(lengths()?.slice(0, 2)).toEqual(before?.slice(0, 2))
    expect(append.ended).toBe(false)
    expect(sgAppendFromPages(allocator as never, append, pages([6]), 0).ok).toBe(true)
    expect([lengths()?.slice(0, 2), append.ended]).toEqual([[3 * PAGE, 3 * PAGE], true])
  })

  it('sizes are cut to what was asked for, in the first and the last entry', () => {
    const { allocator } = open(32)
    const made = sgAllocFromPages(allocator as never, pages([1, 2, 9, 20], { offset: 100, size: 3 * PAGE - 50 }))
    const entries = made.ok ? made.value.entries().map(({ offset, length }) => [offset, length]) : []
    expect(entries).toEqual([
      [100, 2 * PAGE - 100],
      [0, PAGE],
      [0, 50],
    ])
  })
})
