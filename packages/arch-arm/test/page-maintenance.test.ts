// Cache work of arch/arm around a mapping: lowmem in one piece, highmem page by page, and which pages are marked clean.
import { DIR, type Direction, pfn, type SgPage, vaddr } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { pageCodeOf } from '../src/page-maintenance.ts'
import { HIGH, open, type Options, PAGE } from './maintenance-lab.ts'

const page = (n: number): SgPage => ({ kind: 'page', pfn: pfn(n) })

describe('lowmem', () => {
  it('is one piece, however long; the outer cache follows on the way out and goes first on the way in', () => {
    const { caches, work, path } = open()
    caches.cpuToDev(page(0x10), 100, 3 * PAGE, DIR.TO_DEVICE)
    caches.devToCpu(page(0x10), 100, 3 * PAGE, DIR.FROM_DEVICE)
    const at = 0x10 * PAGE + 100
    expect(work()).toEqual([
      ['map', at, 3 * PAGE, DIR.TO_DEVICE],
      ['outerClean', at, 3 * PAGE],
      ['outerInv', at, 3 * PAGE],
      ['unmap', at, 3 * PAGE, DIR.FROM_DEVICE],
    ])
    expect(path).toEqual([
      '__dma_page_cpu_to_dev',
      'dma_cache_maint_page',
      '__dma_page_dev_to_cpu',
      'dma_cache_maint_page',
    ])
  })

  it('what only the device writes is invalidated outside, all else cleaned', () => {
    const outer = (dir: Direction) => {
      const { caches, work } = open()
      caches.cpuToDev(page(0x10), 0, PAGE, dir)
      return work()[1]?.[0]
    }
    expect([DIR.FROM_DEVICE, DIR.TO_DEVICE, DIR.BIDIRECTIONAL].map(outer)).toEqual([
      'outerInv',
      'outerClean',
      'outerClean',
    ])
  })

  it('what only the CPU wrote needs nothing on the way back', () => {
    const { caches, log, marks } = open()
    caches.devToCpu(page(0x10), 0, PAGE, DIR.TO_DEVICE)
    expect([log, marks]).toEqual([[], []])
  })

  it('an offset of pages is the page behind, and the short way is taken where there is one', () => {
    const { caches, work } = open()
    caches.cpuToDev(page(0x10), 2 * PAGE + 5, 10, DIR.TO_DEVICE)
    expect(work()[0]).toEqual(['map', 0x12 * PAGE + 5, 10, DIR.TO_DEVICE])
    const short = open({ plain: true })
    short.caches.cpuToDev(page(0x10), 5, 10, DIR.TO_DEVICE)
    short.caches.devToCpu(page(0x10), 5, 10, DIR.FROM_DEVICE)
    expect(short.work()).toEqual([
      ['plain', 'map', 0x10 * PAGE + 5, 10, DIR.TO_DEVICE],
      ['plain', 'unmap', 0x10 * PAGE + 5, 10, DIR.FROM_DEVICE],
    ])
    // A pointer that is no page goes the long way.
    const odd = open({ plain: true })
    odd.caches.cpuToDev({ kind: 'vaddr', at: vaddr(1n) }, 0, 10, DIR.TO_DEVICE)
    odd.caches.devToCpu({ kind: 'vaddr', at: vaddr(1n) }, 0, 10, DIR.FROM_DEVICE)
    expect(odd.work().map(([name]) => name)).toEqual(['map', 'outerClean', 'outerInv', 'unmap'])
  })
})

describe('highmem', () => {
  const pieces = (options: Options, offset: number, size: number) => {
    const { caches, work } = open(options)
    caches.cpuToDev(page(HIGH), offset, size, DIR.TO_DEVICE)
    caches.devToCpu(page(HIGH), offset, size, DIR.FROM_DEVICE)
    const of = (name: string) =>
      work().flatMap(([op, at, len]) => (op === name ? [[Number(at) - HIGH * PAGE, len]] : []))
    return [of('mapHigh'), of('unmapHigh')]
  }
  const both = (list: unknown) => [list, list]
  it.each([
    [0, PAGE, [[0, PAGE]]],
    [
      0,
      PAGE + 1,
      [
        [0, PAGE],
        [PAGE, 1],
      ],
    ],
    [
      100,
      PAGE,
      [
        [100, PAGE - 100],
        [PAGE, 100],
      ],
    ],
    [PAGE - 1, 1, [[PAGE - 1, 1]]],
    [
      PAGE - 1,
      2 * PAGE,
      [
        [PAGE - 1, 1],
        [PAGE, PAGE],
        [2 * PAGE, PAGE - 1],
      ],
    ],
    [PAGE + 7, 8, [[PAGE + 7, 8]]],
  ])('from byte %i, %i bytes: %j', (offset, size, expected) => {
    expect(pieces({}, offset, size)).toEqual(both(expected))
  })

  it('of an aliasing cache: pages that have a mapping', () => {
    expect(pieces({ aliasing: true, kmapped: [HIGH + 1] }, 0, 3 * PAGE)).toEqual(both([[PAGE, PAGE]]))
  })

  it('a range that begins in lowmem stays one piece', () => {
    const { caches, work } = open()
    caches.cpuToDev(page(HIGH - 1), 0, 2 * PAGE, DIR.TO_DEVICE)
    expect(work()[0]).toEqual(['map', (HIGH - 1) * PAGE, 2 * PAGE, DIR.TO_DEVICE])
  })
})

describe('pages that come back are marked clean', () => {
  const marked = (options: Options, offset: number, size: number) => {
    const { caches, marks } = open(options)
    caches.devToCpu(page(0x10), offset, size, DIR.FROM_DEVICE)
    return marks.map((n) => n - 0x10)
  }
  it.each([
    [0, PAGE, [0]],
    [0, PAGE - 1, []],
    [0, 2 * PAGE, [0, 1]],
    [0, 2 * PAGE - 1, [0]],
    [1, 2 * PAGE, [1]],
    [1, 2 * PAGE - 1, [1]],
    [1, 2 * PAGE - 2, []],
    [PAGE + 1, 3 * PAGE, [2, 3]],
  ])('from byte %i, %i bytes: %j', (offset, size, expected) => {
    expect(marked({ code: 'v4.11' }, offset, size)).toEqual(expected)
    expect(marked({ code: 'v6.12' }, offset, size)).toEqual(expected)
  })

  it('by folio, whose order the words in the place of a struct page say', () => {
    const head = (order: number) => ({ '16+4': 0, '16+0': 64, '17+0': order })
    expect(marked({ code: 'v6.12', words: head(1) }, 0, 4 * PAGE)).toEqual([0, 2, 3])
    expect(marked({ code: 'v6.12', words: head(1 + 256) }, 0, 4 * PAGE)).toEqual([0, 2, 3])
    expect(marked({ code: 'v6.12', words: { ...head(1), '16+0': 63 } }, 0, 2 * PAGE)).toEqual([0, 1])
    expect(marked({ code: 'v6.12', words: head(2) }, 0, 2 * PAGE)).toEqual([])
    // A tail leads to its head, by address.
    const tail = { '16+4': 0x1001, 'v4096+0': 64, '17+0': 1 }
    expect(marked({ code: 'v6.12', words: tail }, 0, 4 * PAGE)).toEqual([0, 2, 3])
    expect(() => marked({ code: 'v6.12', words: head(20) }, 0, 4 * PAGE)).toThrow('the walk over folios of size 0')
    expect(marked({ code: 'v6.12', words: head(19) }, 0, 4 * PAGE)).toEqual([])
  })

  it('the compiler of v6.12 inlines these functions', () => {
    const { caches, path, log } = open({ code: 'v6.12' })
    caches.cpuToDev(page(0x10), 0, PAGE, DIR.TO_DEVICE)
    caches.devToCpu(page(0x10), 0, PAGE, DIR.FROM_DEVICE)
    expect([path, log.filter(([name]) => name === 'leave')]).toEqual([[], []])
    const old = open()
    old.caches.cpuToDev(page(0x10), 0, PAGE, DIR.TO_DEVICE)
    expect(old.log.filter(([name]) => name === 'leave')).toEqual([
      ['leave', 1],
      ['leave', 0],
    ])
  })

  it('which code goes with an architecture', () => {
    const code = (marksClean: string) => pageCodeOf({ cache: { marksClean } } as never)
    expect([code('folios'), code('pages'), code('nothing')]).toEqual(['v6.12', 'v4.11', 'v4.11'])
  })
})
