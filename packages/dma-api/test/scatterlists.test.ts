import { pfn, type SgTable, vaddr } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { openTestLab, type TestLab } from './lab.ts'

const made = (lab: TestLab, entries: number): SgTable => {
  const table = lab.sg.alloc(entries)
  if (!table.ok) throw new Error(table.why)
  return table.value
}

describe('an entry', () => {
  it('holds a page, a kernel address or nothing, wherever that lies', () => {
    const table = made(openTestLab(), 4)
    const pages = [
      { kind: 'page', pfn: pfn(0x40100) },
      { kind: 'page', pfn: pfn(0x3f_ffff_ffff) },
      { kind: 'vaddr', at: vaddr(0xffff_8000_8000_1000n) },
      { kind: 'null' },
    ] as const
    for (const [i, page] of pages.entries()) table.setPage(i, page, 64, 5000)
    expect(table.entries().map((entry) => entry.page)).toEqual(pages)
    table.setPage(1, { kind: 'page', pfn: pfn(7) }, 64, 0)
    expect(table.entry(1).page).toEqual({ kind: 'page', pfn: 7 })
  })

  it('keeps its attributes when its page changes', () => {
    const table = made(openTestLab(), 1)
    table.setAttrs(0, 1024)
    table.setPage(0, { kind: 'page', pfn: pfn(7) }, 4096, 0)
    expect(table.entry(0).attrs).toBe(1024)
  })
})

describe('a list', () => {
  it('is chained from chunks of one page, each giving its last slot to the link', () => {
    const lab = openTestLab({ facts: { sgEntrySize: 24 } })
    expect(lab.sg.perChunk).toBe(170)
    expect(lab.sg.chunks(made(lab, 400))).toEqual([170, 170, 62])
  })

  it('of no entries is refused', () => {
    expect(openTestLab().sg.alloc(0)).toMatchObject({ ok: false, errno: 'EINVAL' })
  })

  it('that grows keeps what its entries hold', () => {
    const lab = openTestLab({ facts: { sgEntrySize: 1024 } })
    const append = lab.sg.appendTable()
    const pages = (first: number, count: number) => ({
      pfns: Array.from({ length: count }, (_, i) => pfn(first + 2 * i)),
      offset: 0,
      size: count * 4096,
      maxSegment: 65536,
    })
    expect(lab.sg.appendFromPages(append, pages(0x40000, 3), 5)).toMatchObject({ ok: true })
    append.table?.setAttrs(0, 7)
    expect(lab.sg.appendFromPages(append, pages(0x50000, 5), 0)).toMatchObject({ ok: true })
    expect(append.table?.entries().map((entry) => entry.page)).toMatchObject(
      [0x40000, 0x40002, 0x40004, 0x50000, 0x50002, 0x50004, 0x50006, 0x50008].map((n) => ({ pfn: n })),
    )
    expect(append.table?.entry(0).attrs).toBe(7)
    expect(append.ended).toBe(true)
  })

  it('can only be freed once, and counts as live until then', () => {
    const lab = openTestLab()
    const table = made(lab, 2)
    expect(lab.balance().get('scatterlists')).toBe(1)
    lab.sg.free(table)
    expect(lab.balance().get('scatterlists')).toBe(0)
    expect(() => lab.sg.free(table)).toThrow('not in use')
  })

  it('fails on request for the device that the rule names', () => {
    const lab = openTestLab({ inject: [{ what: 'sgAlloc', nth: 1, device: 'codec' }] })
    expect(lab.sg.alloc(1).ok).toBe(true)
    expect(lab.host(lab.device('codec')).sgAlloc(1)).toMatchObject({ ok: false, errno: 'ENOMEM' })
  })
})

describe('splitting', () => {
  const threePages = (lab: TestLab): SgTable => {
    const table = made(lab, 3)
    for (let i = 0; i < 3; i++) {
      table.setPage(i, { kind: 'page', pfn: pfn(0x40000 + 4 * i) }, 4096, 0)
      table.setAttrs(i, 1024)
    }
    return table
  }

  it('copies attributes along with each entry, and says when the kernel loses count', () => {
    const lab = openTestLab()
    const table = threePages(lab)
    const whole = lab.sg.split(table, 0, 0, [4096, 8192])
    expect(whole).toMatchObject({ ok: true, value: { miscounted: false } })
    const cut = lab.sg.split(table, 0, 0, [5000])
    if (!cut.ok) throw new Error(cut.why)
    expect(cut.value.miscounted).toBe(true)
    expect(cut.value.tables[0]?.entries().map((e) => [e.length, e.attrs])).toEqual([
      [4096, 1024],
      [4096, 1024],
      [0, 1024],
    ])
    expect(lab.events).toMatchObject([{ event: 'kernel_quirk', code: 'sg-split-miscount' }])
  })

  it('ends with its last list on a kernel with the fix', () => {
    const lab = openTestLab({ facts: { sgSplitEnds: true } })
    const cut = lab.sg.split(threePages(lab), 0, 0, [5000])
    if (!cut.ok) throw new Error(cut.why)
    expect(cut.value.tables[0]?.entries().map((e) => e.length)).toEqual([4096, 904])
    expect(lab.events).toEqual([])
  })
})

it('a list from more pages than its bytes need is reported, and later entries are full', () => {
  const lab = openTestLab()
  const pages = { pfns: [1, 5, 9].map(pfn), offset: 0, size: 5000, maxSegment: 65536 }
  const made = lab.sg.fromPages(pages)
  expect(made.ok && made.value.entries().map((e) => e.length)).toEqual([4096, 904, 4096])
  expect(lab.events).toMatchObject([{ event: 'kernel_quirk', code: 'sg-pages-surplus' }])
})

describe('copying', () => {
  it('faults where the CPU has no mapping of a page', () => {
    const lab = openTestLab({
      reserved: [{ name: 'hole', base: 0x4200_0000, len: 0x1000, noMap: true, reusable: false }],
    })
    const table = made(lab, 1)
    table.setPage(0, { kind: 'page', pfn: pfn(0x42000) }, 64, 0)
    expect(() => lab.sg.copyToBuffer(table, { nents: 1, skip: 0 }, new Uint8Array(64))).toThrow('paging request')
  })
})

it('a case of the kernel`s own suite: appended lists merge what continues them', () => {
  const lab = openTestLab()
  const append = lab.sg.appendTable()
  const pages = (pfns: number[]) => ({ pfns: pfns.map(pfn), offset: 0, size: 12288, maxSegment: 2 ** 32 - 1 })
  lab.sg.appendFromPages(append, pages([1, 2, 4]), 3)
  lab.sg.appendFromPages(append, pages([5, 6, 8]), 0)
  expect(append.table?.entries().map((e) => [e.page.kind === 'page' && e.page.pfn, e.length])).toEqual([
    [1, 8192],
    [4, 12288],
    [8, 4096],
  ])
})
