// Which pages an allocation gets, what each kind of caller is refused, and that what is given back can be had again.
import { type KernelFacts, type KResult, PAGE_SIZE, type Pfn, physOf, type Range } from '@dmalab/api'
import { describe, expect, test } from 'vitest'
import { type AllocatorLayout, PageAllocator } from '../src/page-allocator.ts'
import { FACTS, HIGHMEM, RAM } from './small-machine.ts'

const MIB = 2 ** 20
const IMAGE_END = RAM + 32 * MIB
const TOP = RAM + 256 * MIB
const LAYOUT: AllocatorLayout = { managed: [{ base: RAM, len: 256 * MIB }], reserved: [], lowmemEnd: HIGHMEM }

const make = (layout: Partial<AllocatorLayout> = {}, facts: Partial<KernelFacts> = {}, fails: readonly string[] = []) =>
  new PageAllocator({ ...LAYOUT, ...layout }, { ...FACTS, ...facts }, { wants: () => false, emit: () => {} }, (what) =>
    fails.includes(what),
  )
const at = (result: KResult<Pfn>): number | string => (result.ok ? physOf(result.value) : result.errno)
const why = (result: KResult<Pfn>): string => (result.ok ? 'no failure' : result.why)
const lowKept = (kept: number, image: Range): KernelFacts['arch'] => ({
  ...FACTS.arch,
  layout: { ...FACTS.arch.layout, lowKept: kept, image },
})

describe('pages of the buddy allocator', () => {
  test('the first lies behind the kernel image, blocks are aligned to their order', () => {
    const pages = make()
    expect(at(pages.pages(1))).toBe(IMAGE_END)
    expect(at(pages.pages(3 * PAGE_SIZE))).toBe(IMAGE_END + 4 * PAGE_SIZE)
    // Three pages were taken, not the whole block of four.
    expect(at(pages.pages(PAGE_SIZE))).toBe(IMAGE_END + PAGE_SIZE)
    expect(at(pages.pages(PAGE_SIZE, { align: MIB }))).toBe(IMAGE_END + MIB)
  })

  test('the largest block is one of MAX_PAGE_ORDER, to the byte', () => {
    const largest = PAGE_SIZE * 2 ** 10
    expect(at(make().pages(largest))).toBe(IMAGE_END)
    expect(make().pages(largest + 1)).toEqual({
      ok: false,
      errno: 'ENOMEM',
      why: `${largest + 1} B is more than the largest buddy block (4 MiB)`,
    })
    expect(at(make({}, { maxPageOrder: 11 }).pages(largest + 1))).toBe(IMAGE_END)
  })

  test.each([
    ['below lowmem without __GFP_HIGHMEM', { above: HIGHMEM }, 'ENOMEM'],
    ['in highmem with it', { above: HIGHMEM, highmem: true }, HIGHMEM],
    ['nothing below `above`', { above: HIGHMEM - MIB }, HIGHMEM - MIB],
    ['the last byte may be the limit itself', { limit: IMAGE_END + PAGE_SIZE - 1 }, IMAGE_END],
    ['one byte less is too little', { limit: IMAGE_END + PAGE_SIZE - 2 }, 'ENOMEM'],
    ['a limit in highmem does not open it', { above: HIGHMEM, limit: TOP }, 'ENOMEM'],
    ['the last page of lowmem', { above: HIGHMEM - PAGE_SIZE }, HIGHMEM - PAGE_SIZE],
  ])('%s', (_, options, expected) => {
    expect(at(make().pages(PAGE_SIZE, options))).toBe(expected)
  })

  test('a failure that was asked for is one, and takes nothing; what the model itself takes does not count', () => {
    const pages = make({}, {}, ['pages'])
    const before = pages.available
    expect(pages.pages(PAGE_SIZE)).toEqual({
      ok: false,
      errno: 'ENOMEM',
      why: 'an allocation of 4 KiB failed on request',
    })
    expect(at(pages.pages(PAGE_SIZE, { quiet: true }))).toBe(IMAGE_END)
    expect(at(make({}, {}, ['vmap']).pages(PAGE_SIZE))).toBe(IMAGE_END)
    expect(pages.available).toBe(before - PAGE_SIZE)
  })

  test('what is given back is free again, and grows together with its neighbours', () => {
    const pages = make()
    const before = pages.available
    const got = [1, 2, 3].map((n) => ({ len: n * PAGE_SIZE - 5, got: pages.pages(n * PAGE_SIZE - 5) }))
    expect(pages.available).toBe(before - 6 * PAGE_SIZE)
    for (const { len, got: one } of got) if (one.ok) pages.freePages(one.value, len)
    expect(pages.available).toBe(before)
    expect(at(pages.pages(4 * MIB))).toBe(IMAGE_END)
  })

  test('why there is none: how much is free, and in what pieces', () => {
    const pages = make({ managed: [{ base: RAM, len: 33 * MIB }], lowmemEnd: RAM + 33 * MIB })
    // The image takes at most half of so little memory.
    expect(pages.available).toBe(16.5 * MIB)
    for (const offset of [17, 19, 21, 23, 25, 27, 29, 31]) pages.claim(RAM + offset * MIB, MIB)
    expect(why(pages.pages(2 * MIB))).toBe(
      'no 2 MiB of contiguous memory below 0x420fffff: 8704 KiB are free there, in pieces of at most 1 MiB',
    )
    expect(why(pages.pages(4 * MIB, { above: RAM + 32 * MIB, limit: RAM + 33 * MIB - 1 }))).toBe(
      'no 4 MiB of contiguous memory from 0x42000000 on below 0x420fffff: 1 MiB are free there',
    )
    expect(why(pages.boot(64 * MIB))).toBe('no 64 MiB of contiguous memory: 8704 KiB are free there')
  })
})

describe('zones', () => {
  const small = { zoneDmaEnd: 'fixed', zoneDmaLimit: IMAGE_END + 16 * MIB - 1 } as const

  test('a small ZONE_DMA serves others only when all else is taken', () => {
    const pages = make({ lowmemEnd: IMAGE_END + 20 * MIB }, small)
    for (let i = 0; i < 5; i++)
      expect(at(pages.pages(4 * MIB))).toBe(IMAGE_END + (i < 1 ? 16 * MIB : (i - 1) * 4 * MIB))
    expect(at(pages.pages(4 * MIB))).toBe('ENOMEM')
  })

  test('whoever asks for memory of it gets it there', () => {
    const { zoneDmaLimit } = small
    expect(at(make({}, small).pages(PAGE_SIZE, { limit: zoneDmaLimit }))).toBe(IMAGE_END)
    expect(at(make({}, small).pages(PAGE_SIZE, { limit: zoneDmaLimit + PAGE_SIZE }))).toBe(zoneDmaLimit + 1)
    expect(at(make({}, small).pages(PAGE_SIZE, { above: zoneDmaLimit + 1 + MIB }))).toBe(zoneDmaLimit + 1 + MIB)
  })

  test('a ZONE_DMA that follows dma-ranges keeps no one out', () => {
    expect(at(make({}, { ...small, zoneDmaEnd: 'dma-ranges' }).pages(PAGE_SIZE))).toBe(IMAGE_END)
    expect(at(make().pages(PAGE_SIZE))).toBe(IMAGE_END)
  })
})

describe('pages of a task', () => {
  test('come from the top of what every device reaches, without an order’s limit', () => {
    expect(at(make().user(64 * MIB))).toBe(HIGHMEM - 64 * MIB)
    expect(at(make().user(5 * PAGE_SIZE))).toBe(HIGHMEM - 5 * PAGE_SIZE)
    expect(at(make().user(PAGE_SIZE, { align: MIB }))).toBe(HIGHMEM - MIB)
    expect(at(make({}, { zoneDmaLimit: HIGHMEM - MIB - 1 }).user(PAGE_SIZE))).toBe(HIGHMEM - MIB - PAGE_SIZE)
    // ZONE_DMA is all of lowmem on arm without CONFIG_ZONE_DMA: its limit says nothing.
    expect(at(make({}, { zoneDmaEnd: 'lowmem', zoneDmaLimit: HIGHMEM - MIB - 1 }).user(PAGE_SIZE))).toBe(
      HIGHMEM - PAGE_SIZE,
    )
    const swiotlb = { dmaLimit: HIGHMEM - 2 * MIB - 1 } as KernelFacts['swiotlb']
    expect(at(make({}, { swiotlb }).user(PAGE_SIZE))).toBe(HIGHMEM - 2 * MIB - PAGE_SIZE)
  })

  test('lie below the limit, above what is asked, and elsewhere when that is full', () => {
    expect(at(make().user(PAGE_SIZE, { limit: IMAGE_END + MIB - 1 }))).toBe(IMAGE_END + MIB - PAGE_SIZE)
    expect(at(make().user(PAGE_SIZE, { limit: IMAGE_END + MIB - 2 }))).toBe(IMAGE_END + MIB - 2 * PAGE_SIZE)
    expect(at(make().user(PAGE_SIZE, { above: IMAGE_END + MIB }))).toBe(IMAGE_END + MIB)
    expect(at(make().user(PAGE_SIZE, { above: HIGHMEM, highmem: true }))).toBe(HIGHMEM)
    expect(at(make().user(112 * MIB))).toBe('ENOMEM')
    expect(at(make().user(112 * MIB, { highmem: true }))).toBe(IMAGE_END)
  })
})

describe('memory of the boot', () => {
  test('has no order’s limit and may lie in highmem; the lowest place, or the highest', () => {
    expect(at(make().boot(128 * MIB))).toBe(IMAGE_END)
    expect(at(make().boot(PAGE_SIZE, { highest: true }))).toBe(TOP - PAGE_SIZE)
    expect(at(make().boot(PAGE_SIZE + 1, { highest: true, align: MIB }))).toBe(TOP - MIB)
    expect(at(make().boot(PAGE_SIZE, { highest: true, limit: HIGHMEM - 1 }))).toBe(HIGHMEM - PAGE_SIZE)
    expect(at(make().boot(PAGE_SIZE, { align: 64 * MIB, above: HIGHMEM + 1 }))).toBe(HIGHMEM + 64 * MIB)
    expect(why(make().boot(256 * MIB, { highest: true, limit: TOP - 1 }))).toBe(
      'no 256 MiB of contiguous memory below 0x4fffffff',
    )
  })

  test('the highest place fills gaps that are exactly as large', () => {
    const pages = make()
    pages.claim(TOP - MIB, PAGE_SIZE)
    expect(at(pages.boot(MIB - PAGE_SIZE, { highest: true }))).toBe(TOP - MIB + PAGE_SIZE)
    expect(at(pages.boot(PAGE_SIZE, { highest: true }))).toBe(TOP - MIB - PAGE_SIZE)
  })
})

describe('pages that are claimed', () => {
  test.each([
    ['free ones', IMAGE_END + MIB, MIB, IMAGE_END + MIB],
    ['whole pages around what is named', IMAGE_END + 100, 10, IMAGE_END],
    ['the last of memory', TOP - PAGE_SIZE, PAGE_SIZE, TOP - PAGE_SIZE],
    ['beyond the end of memory', TOP - PAGE_SIZE, PAGE_SIZE + 1, 'EBUSY'],
    ['below memory', RAM - PAGE_SIZE, PAGE_SIZE, 'EBUSY'],
    ['those of the kernel image', RAM, 32 * MIB, RAM],
    ['the last of the kernel image', IMAGE_END - PAGE_SIZE, PAGE_SIZE, IMAGE_END - PAGE_SIZE],
    ['half in the image, half free', IMAGE_END - PAGE_SIZE, 2 * PAGE_SIZE, 'EBUSY'],
  ])('%s', (_, base, len, expected) => {
    const pages = make()
    expect(at(pages.claim(base, len))).toBe(expected)
  })

  test('no one else gets them, and no one claims what others have', () => {
    const pages = make()
    const before = pages.available
    expect(at(pages.claim(IMAGE_END + 1, PAGE_SIZE))).toBe(IMAGE_END)
    expect(pages.available).toBe(before - 2 * PAGE_SIZE)
    expect(at(pages.pages(PAGE_SIZE))).toBe(IMAGE_END + 2 * PAGE_SIZE)
    expect(pages.claim(IMAGE_END + PAGE_SIZE, PAGE_SIZE)).toEqual({
      ok: false,
      errno: 'EBUSY',
      why: '0x42001000 (4 KiB) is in use',
    })
    expect(at(pages.claim(IMAGE_END + 2 * PAGE_SIZE, MIB))).toBe('EBUSY')
  })

  test('what is claimed of the image does not become free', () => {
    const pages = make()
    const before = pages.available
    pages.claim(RAM, PAGE_SIZE)
    expect(pages.available).toBe(before)
  })
})

describe('what the kernel keeps from boot on', () => {
  test('the start of memory and an image that begins later: what lies between is free', () => {
    const arch = lowKept(MIB, { base: 16 * MIB, len: 32 * MIB })
    const pages = make({ managed: [{ base: 0, len: 256 * MIB }], lowmemEnd: Infinity }, { arch })
    expect(pages.totalRam).toBe((256 - 33) * MIB)
    expect(at(pages.pages(PAGE_SIZE))).toBe(MIB)
    expect(at(pages.claim(15 * MIB, MIB))).toBe(15 * MIB)
    expect(at(pages.claim(15 * MIB, MIB))).toBe('EBUSY')
    expect(at(pages.claim(0, MIB))).toBe(0)
  })

  test('the image lies in the bank where it begins, and takes at most half of what follows there', () => {
    const banks = [
      { base: RAM, len: 8 * MIB },
      { base: RAM + 128 * MIB, len: 8 * MIB },
    ]
    const pages = make({ managed: banks, lowmemEnd: TOP })
    expect(pages.totalRam).toBe(12 * MIB)
    expect(at(pages.pages(PAGE_SIZE))).toBe(RAM + 4 * MIB)
    expect(at(pages.claim(RAM + 128 * MIB, 8 * MIB))).toBe(RAM + 128 * MIB)
    const [, second] = banks
    const beyond = make(
      { managed: second === undefined ? [] : [second] },
      { arch: lowKept(0, { base: 9 * MIB, len: MIB }) },
    )
    expect(beyond.totalRam).toBe(8 * MIB)
  })

  test('a machine without memory has none to give', () => {
    const pages = make({ managed: [] })
    expect(pages.available).toBe(0)
    expect(at(pages.pages(PAGE_SIZE))).toBe('ENOMEM')
  })
})
