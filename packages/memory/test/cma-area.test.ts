// CMA areas: which there are under which kernel, what they give, what they say when they do not, and their trace events.
import {
  type Event,
  type KernelFacts,
  type KResult,
  PAGE_SIZE,
  pfn,
  type Pfn,
  physOf,
  type ReservedRegion,
} from '@dmalab/api'
import { describe, expect, test } from 'vitest'
import { type AllocatorLayout, PageAllocator } from '../src/page-allocator.ts'
import { CmaArea, suggestedCma } from '../src/cma.ts'
import { FACTS, HIGHMEM, RAM } from './small-machine.ts'

const MIB = 2 ** 20
const AREA = RAM + 64 * MIB
const IMAGE_END = RAM + 32 * MIB
const region = (over: Partial<ReservedRegion> = {}): ReservedRegion => ({
  name: 'linux,cma',
  base: AREA,
  len: 16 * MIB,
  compatible: 'shared-dma-pool',
  noMap: false,
  reusable: true,
  default: 'cma',
  ...over,
})
const LAYOUT: AllocatorLayout = {
  managed: [{ base: RAM, len: 256 * MIB }],
  reserved: [region()],
  lowmemEnd: HIGHMEM,
}

const make = (layout: Partial<AllocatorLayout> = {}, facts: Partial<KernelFacts> = {}) => {
  const events: object[] = []
  const sink = { wants: () => true, emit: (event: object) => void events.push(event) }
  return { events, pages: new PageAllocator({ ...LAYOUT, ...layout }, { ...FACTS, ...facts }, sink, () => false) }
}
const at = (result: KResult<Pfn>): number | string => (result.ok ? physOf(result.value) : result.errno)
const why = (result: KResult<Pfn>): string => (result.ok ? 'no failure' : result.why)

describe('which areas there are', () => {
  test.each<[what: string, over: Partial<ReservedRegion>, expected: number | string]>([
    ['the default area', {}, AREA],
    ['a region that is not the default one', { default: undefined as never }, IMAGE_END],
    ['a region that cannot be reused', { reusable: false }, IMAGE_END],
    ['a region without a mapping', { noMap: true }, IMAGE_END],
    ['a region of another kind', { compatible: 'ramoops' }, IMAGE_END],
    ['a region partly outside of memory', { base: RAM + 250 * MIB }, IMAGE_END],
    ['a region that ends with memory', { base: RAM + 240 * MIB }, RAM + 240 * MIB],
    ['a region before memory', { base: RAM - PAGE_SIZE }, IMAGE_END],
    ['a region that begins with memory', { base: RAM }, RAM],
  ])('%s', (_, over, expected) => {
    expect(at(make({ reserved: [region(over)] }).pages.contiguous(2 * PAGE_SIZE))).toBe(expected)
  })

  test('a named area is asked by name, and its pages are in no other one', () => {
    const { pages } = make({ reserved: [region({ name: 'video', default: undefined as never })] })
    expect(at(pages.contiguous(PAGE_SIZE, { area: 'video' }))).toBe(AREA)
    expect(pages.cma.byDefault).toBeUndefined()
    expect(at(pages.claim(AREA + MIB, PAGE_SIZE))).toBe('EBUSY')
    expect(pages.totalRam).toBe((256 - 32) * MIB)
    expect(pages.available).toBe((256 - 32) * MIB - PAGE_SIZE)
  })

  test('cma= makes another default area; the region that was it is ordinary memory again', () => {
    const { pages, events } = make({}, { cma: { size: 5 * MIB } })
    // Whole page blocks, at the highest place below what the architecture allows.
    expect(pages.cma.byDefault).toMatchObject({ name: 'reserved', base: HIGHMEM - 8 * MIB, len: 8 * MIB })
    expect(at(pages.claim(AREA, 16 * MIB))).toBe(AREA)
    expect(events).toEqual([])
    expect(pages.cma.all).toHaveLength(1)
  })

  test('cma= leaves regions of devices alone', () => {
    const { pages } = make(
      { reserved: [region({ name: 'video', default: undefined as never })] },
      { cma: { size: 4 * MIB } },
    )
    expect(pages.cma.all.map(({ name }) => name)).toEqual(['video', 'reserved'])
    expect(pages.cma.named('video')?.base).toBe(AREA)
  })

  test.each<[what: string, asked: KernelFacts['cma'], base: number | undefined]>([
    ['at a place', { size: 4 * MIB, base: HIGHMEM - 4 * MIB }, HIGHMEM - 4 * MIB],
    ['at a place that the end is too near', { size: 8 * MIB, base: HIGHMEM - 4 * MIB }, undefined],
    ['below a limit', { size: 4 * MIB, limit: RAM + 48 * MIB }, RAM + 44 * MIB],
    ['below a limit within a page block', { size: 4 * MIB, limit: RAM + 48 * MIB - 1 }, RAM + 40 * MIB],
    ['none', { size: 0 }, undefined],
    ['all there is', { size: 96 * MIB }, IMAGE_END],
    ['more than there is', { size: 100 * MIB }, undefined],
  ])('cma= %s', (_, asked, base) => {
    const { pages, events } = make({}, { cma: asked })
    expect(pages.cma.byDefault?.base).toBe(base)
    expect(events).toEqual(
      base !== undefined || asked?.size === 0
        ? []
        : [{ event: 'printk', level: 'err', text: `cma: Failed to reserve ${(asked?.size ?? 0) / MIB} MiB` }],
    )
  })

  test.each<[facts: Partial<KernelFacts>, reason: string]>([
    [{}, 'the board states no default CMA area: try cma=32M'],
    [{ cma: { size: 0 } }, 'cma=0 asks for no CMA area: try cma=32M'],
    [
      { cma: { size: 100 * MIB } },
      'cma=100M could not be made: the largest free piece below 0x48000000 has 96 MiB: try cma=32M',
    ],
    [
      { cma: { size: 64 * MIB, base: IMAGE_END + 80 * MIB, limit: IMAGE_END + 90 * MIB } },
      'cma=64M could not be made: the largest free piece below 0x47a00000 has 10 MiB: try cma=32M',
    ],
  ])('without an area, large blocks are refused, and why: %o', (facts, reason) => {
    const { pages } = make({ reserved: [] }, facts)
    expect(why(pages.contiguous(6 * MIB))).toBe(
      `6 MiB of contiguous memory are needed and ${reason}; 6 MiB is more than the largest buddy block (4 MiB)`,
    )
    expect(at(pages.contiguous(MIB))).toBe(IMAGE_END)
    expect(why(pages.contiguous(PAGE_SIZE, { above: HIGHMEM }))).not.toMatch(/cma=/)
  })
})

describe('what an area gives', () => {
  test('blocks at the alignment of their order, at most of 256 pages, or as asked', () => {
    const { pages } = make()
    expect(at(pages.contiguous(PAGE_SIZE))).toBe(AREA)
    expect(at(pages.contiguous(3 * PAGE_SIZE))).toBe(AREA + 4 * PAGE_SIZE)
    expect(at(pages.contiguous(PAGE_SIZE))).toBe(AREA + PAGE_SIZE)
    expect(at(pages.contiguous(2 * MIB))).toBe(AREA + MIB)
    expect(at(pages.contiguous(PAGE_SIZE, { align: 4 * MIB }))).toBe(AREA + 4 * MIB)
  })

  test('its pages go back to it, other pages to the buddy allocator', () => {
    const { pages, events } = make()
    const before = pages.available
    const [inside, outside] = [pages.contiguous(5 * PAGE_SIZE - 1), pages.pages(5 * PAGE_SIZE)]
    if (!inside.ok || !outside.ok) throw new Error('both are to be had')
    expect(pages.cma.byDefault?.available).toBe(16 * MIB - 5 * PAGE_SIZE)
    pages.freeContiguous(inside.value, 5 * PAGE_SIZE - 1)
    pages.freeContiguous(outside.value, 5 * PAGE_SIZE)
    expect(pages.cma.byDefault?.available).toBe(16 * MIB)
    expect(pages.available).toBe(before)
    expect(events).toEqual([
      { event: 'cma_alloc_start', name: 'linux,cma', count: 5, align: 3 },
      { event: 'cma_alloc_finish', name: 'linux,cma', count: 5, align: 3, pfn: AREA / PAGE_SIZE, errno: 0 },
      { event: 'cma_release', name: 'linux,cma', pfn: AREA / PAGE_SIZE, count: 5 },
    ])
  })

  test('a page belongs to the area from its first to its last', () => {
    const { pages } = make()
    const page = (address: number) => pages.cma.holding(pfn(address / PAGE_SIZE))?.name
    expect([AREA - PAGE_SIZE, AREA, AREA + 16 * MIB - PAGE_SIZE, AREA + 16 * MIB].map(page)).toEqual([
      undefined,
      'linux,cma',
      'linux,cma',
      undefined,
    ])
  })
})

describe('an area alone', () => {
  const open = (wanted = true, longBits: 32 | 64 = 32) => {
    const events: Partial<Event>[] = []
    const sink = { wants: () => wanted, emit: (event: object) => void events.push(event) }
    return { events, area: new CmaArea({ name: 'linux,cma', base: AREA, len: MIB }, sink, longBits) }
  }

  test.each([
    ['up to the limit', { count: 1, align: 0, limit: AREA + PAGE_SIZE - 1 }, AREA],
    ['not one byte beyond it', { count: 1, align: 0, limit: AREA + PAGE_SIZE - 2 }, 'ENOMEM'],
    ['all of it', { count: 256, align: 8 }, AREA],
    ['more than all', { count: 257, align: 8 }, 'ENOMEM'],
  ])('gives %s', (_, request, expected) => {
    expect(at(open().area.alloc(request))).toBe(expected)
  })

  test.each([
    [32, 2 ** 32 - 1],
    [64, 2 ** 64 - 1],
  ] as const)('a request that finds no range ends with the page frame -1 of %d bits', (longBits, noPfn) => {
    const { area, events } = open(true, longBits)
    area.alloc({ count: 256, align: 8 })
    events.length = 0
    expect(why(area.alloc({ count: 1, align: 0 }))).toBe(
      '4 KiB are needed and CMA area linux,cma has 1 MiB, 0 B free: try cma=16M',
    )
    const told = { name: 'linux,cma', count: 1, align: 0 }
    expect(events).toEqual([
      { event: 'cma_alloc_start', ...told },
      { event: 'cma_alloc_finish', ...told, pfn: noPfn, errno: -12 },
      { event: 'printk', level: 'err', text: 'cma: cma_alloc: linux,cma: alloc failed, req-size: 1 pages, ret: -12' },
    ])
  })

  // Models: Linux v6.12 mm/cma.c: cma_alloc returns before the loop and without a message.
  test('a request that is larger than the area starts and never ends in the trace', () => {
    const { area, events } = open()
    area.alloc({ count: 257, align: 8 })
    expect(events).toEqual([{ event: 'cma_alloc_start', name: 'linux,cma', count: 257, align: 8 }])
  })

  test('pinned pages send the search on by one step of the alignment', () => {
    const { area, events } = open()
    let pinned = 2
    expect(at(area.alloc({ count: 2, align: 2, busy: () => pinned-- > 0 }))).toBe(AREA + 8 * PAGE_SIZE)
    const first = AREA / PAGE_SIZE
    expect(events.map((one) => [one.event, 'pfn' in one ? one.pfn : undefined])).toEqual([
      ['cma_alloc_start', undefined],
      ['cma_alloc_busy_retry', first],
      ['cma_alloc_busy_retry', first + 4],
      ['cma_alloc_finish', first + 8],
    ])
  })

  test('pages that are all pinned are EBUSY, and nothing is taken', () => {
    const { area, events } = open()
    const result = area.alloc({ count: 128, align: 7, busy: () => true })
    expect(result).toMatchObject({ errno: 'EBUSY' })
    expect(why(result)).toMatch(/has no 512 KiB in one piece whose pages can be moved: a memory-region of its own/)
    expect(events.at(-2)).toMatchObject({ event: 'cma_alloc_finish', pfn: AREA / PAGE_SIZE + 128, errno: -16 })
    expect(events.at(-1)).toMatchObject({
      text: 'cma: cma_alloc: linux,cma: alloc failed, req-size: 128 pages, ret: -16',
    })
    expect(area.available).toBe(MIB)
  })

  test('what the model takes quietly leaves no event, nor does one that none listens to', () => {
    const quiet = open()
    quiet.area.alloc({ count: 300, align: 0, quiet: true })
    quiet.area.alloc({ count: 255, align: 0, quiet: true })
    quiet.area.alloc({ count: 2, align: 0, quiet: true })
    quiet.area.alloc({ count: 1, align: 0, quiet: true, busy: () => true })
    expect(quiet.events).toEqual([])
    const unheard = open(false)
    unheard.area.alloc({ count: 1, align: 0 })
    unheard.area.release(pfn(AREA / PAGE_SIZE), 1)
    expect(unheard.events).toEqual([])
    unheard.area.alloc({ count: 1, align: 0, busy: () => true })
    // The kernel's log is not the trace.
    expect(unheard.events).toMatchObject([{ event: 'printk' }])
  })

  test('what it lacks: size, memory, one piece, alignment, or a device’s reach', () => {
    const { area } = open()
    expect(area.lacks(2 * MIB)).toBe('2 MiB are needed and CMA area linux,cma has 1 MiB, 1 MiB free: try cma=16M')
    // Three of four quarters are free, never two side by side.
    area.alloc({ count: 64, align: 0 })
    area.alloc({ count: 64, align: 0 })
    area.release(pfn(AREA / PAGE_SIZE), 64)
    expect(area.lacks(768 * 1024)).toBe(
      '768 KiB are needed in one piece and CMA area linux,cma has 1 MiB, 768 KiB free, in 2 pieces of at most 512 KiB: try cma=16M',
    )
    expect(area.lacks(512 * 1024, AREA + 700 * 1024 - 1)).toBe(
      'CMA area linux,cma has 1 MiB, 768 KiB free, and no 512 KiB in one piece that is aligned and ends below 0x440aefff: try cma=16M',
    )
    expect(area.lacks(256 * 1024)).toMatch(/and no 256 KiB in one piece that is aligned: try/)
    const large = new CmaArea({ name: 'large', base: AREA, len: 64 * MIB }, { wants: () => false, emit: () => {} }, 32)
    // Twice what is there, or what the request needs, whichever is more.
    expect(large.lacks(MIB)).toMatch(/: try cma=128M$/)
    expect(large.lacks(65 * MIB)).toMatch(/: try cma=512M$/)
  })
})

test.each([
  ['a page', PAGE_SIZE, undefined, 16],
  ['four buffers of 3 MiB beside what boot takes', 3 * MIB, undefined, 16],
  ['four of 3.5 MiB, each at its alignment', 3.5 * MIB, undefined, 32],
  ['four of 8 MiB', 8 * MIB, undefined, 64],
  ['four of 8 MiB beside 30 MiB', 8 * MIB, 30 * MIB, 64],
  ['four of 8 MiB beside 33 MiB', 8 * MIB, 33 * MIB, 128],
  ['no size at all', 0, undefined, 16],
])('a size that would do for %s: %d bytes, %s taken, %d MiB', (_, size, taken, expected) => {
  expect(suggestedCma(size, taken)).toBe(expected)
})
