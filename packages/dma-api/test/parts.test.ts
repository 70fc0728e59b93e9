// Parts of the DMA API alone: pools of pages, sizes of bounce pools, small buffers, injected failures.
import { DIR, type DmaAddr, INJECTABLE, type KernelFacts, pfn, phys, type SwiotlbPolicy, vaddr } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { GenPool } from '../src/gen-pool.ts'
import { Injector } from '../src/injector.ts'
import { kmallocNeedsBounce } from '../src/kmalloc-bounce.ts'
import { defaultSlots, smallerPool } from '../src/swiotlb.ts'
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
