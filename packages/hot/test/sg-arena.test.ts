// Scatterlists: what a list keeps, and how its memory is reused.
import { beforeEach, describe, expect, it } from 'vitest'
import { dma, pfn, vaddr } from '@dmalab/api'
import { Hot } from '../src/index.ts'
import { BUILDS, moduleOf } from './builds.ts'

describe.each(BUILDS)('%s build', (build) => {
  const hot = new Hot(moduleOf(build), { lineSize: 64, poison: 0 })
  const { sg } = hot
  beforeEach(() => hot.reset())

  it('starts with zeroed entries, the last one marked as the end', () => {
    const list = sg.alloc(3)
    expect(sg.count(list)).toBe(3)
    expect([0, 1, 2].map((i) => sg.isEnd(list, i))).toEqual([false, false, true])
    expect(sg.entry(list, 1)).toEqual({
      page: { kind: 'null' },
      offset: 0,
      length: 0,
      attrs: 0,
      dmaAddress: 0,
      dmaLength: 0,
    })
  })

  it.each([
    { what: 'the highest page', page: { kind: 'page', pfn: pfn(0xffff_fffe) } },
    { what: 'a 32-bit kernel address', page: { kind: 'vaddr', at: vaddr(0xc123_4567n) } },
    { what: 'a 64-bit kernel address', page: { kind: 'vaddr', at: vaddr(0xffff_8000_1234_5678n) } },
    { what: 'NULL', page: { kind: 'null' } },
  ] as const)('keeps $what in page_link', ({ page }) => {
    const list = sg.alloc(2)
    sg.setPage(list, 1, page, 5000, 0xffff_ffff)
    expect(sg.entry(list, 1)).toMatchObject({ page, length: 5000, offset: 0xffff_ffff })
    expect(sg.isEnd(list, 1)).toBe(true)
  })

  it('keeps attributes and DMA fields when the page changes', () => {
    const list = sg.alloc(1)
    sg.setAttrs(list, 0, 1024)
    sg.setDma(list, 0, dma(0x12_3456_7000), 8192)
    sg.setPage(list, 0, { kind: 'page', pfn: pfn(5) }, 4096, 0)
    expect(sg.entry(list, 0)).toMatchObject({ attrs: 1024, dmaAddress: 0x12_3456_7000, dmaLength: 8192 })
    expect(sg.mapped(list, 0)).toBe(true)
  })

  it('takes pages in bulk, more than the stage holds at once', () => {
    const pages = Uint32Array.from({ length: 40_000 }, (_, i) => i * 7)
    const list = sg.alloc(pages.length + 1)
    sg.setPages(list, 1, pages)
    expect(sg.entry(list, 0).page).toEqual({ kind: 'null' })
    for (const i of [0, 16_383, 16_384, 39_999])
      expect(sg.entry(list, i + 1)).toMatchObject({ page: { kind: 'page', pfn: i * 7 }, length: 4096, offset: 0 })
    expect(sg.isEnd(list, 40_000)).toBe(true)
  })

  it('hands out what was freed last, zeroed', () => {
    const [first, second] = [sg.alloc(10), sg.alloc(10)]
    sg.setPage(first, 9, { kind: 'page', pfn: pfn(1) }, 1, 1)
    sg.free(second)
    sg.free(first)
    expect(sg.alloc(10)).toBe(first)
    expect(sg.entry(first, 9)).toMatchObject({ page: { kind: 'null' }, length: 0 })
    expect(sg.alloc(10)).toBe(second)
  })

  it('keeps lists of all sizes apart', () => {
    const sizes = [1, 2, 3, 4, 7, 8, 31, 32, 100, 127, 128, 129, 500, 5000]
    const lists = sizes.map((n) => sg.alloc(n))
    for (const [k, list] of lists.entries())
      for (let i = 0; i < (sizes[k] ?? 0); i++) sg.setPage(list, i, { kind: 'page', pfn: pfn(k) }, i, k)
    for (const [k, list] of lists.entries()) {
      expect(sg.count(list)).toBe(sizes[k])
      for (let i = 0; i < (sizes[k] ?? 0); i++) expect(sg.entry(list, i)).toMatchObject({ length: i, offset: k })
    }
    expect(hot.stats().lists).toBe(sizes.length)
  })

  it('refuses a list that is not in use, and an entry that is not there', () => {
    const list = sg.alloc(2)
    expect(() => sg.entry(list, 2)).toThrow('no entry 2')
    sg.free(list)
    expect(() => sg.free(list)).toThrow('not in use')
    expect(() => sg.entry(list, 0)).toThrow('no entry 0')
    expect(() => sg.free(12345)).toThrow('not in use')
  })
})
