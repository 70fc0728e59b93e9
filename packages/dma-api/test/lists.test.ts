// Lists cut and walked: where pieces begin and end, mapped and not, and what an event tells of each entry.
import { DIR, type DmaAddr, type EventBody, type MappingSink, pfn, type SgTable, vaddr } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { SgMiter, sgDmaPages, sgNentsForLen, sgPages } from '../src/sg-iterate.ts'
import { createTrace } from '../src/trace.ts'
import { openTestLab, type TestLab, type TestLabOptions } from './lab.ts'

const PAGE = 4096
interface Entry {
  readonly page: number
  readonly length: number
  readonly offset?: number
  readonly dma?: readonly [at: number, length: number]
}
const listOf = (lab: TestLab, entries: readonly Entry[]): SgTable => {
  const made = lab.sg.alloc(entries.length)
  if (!made.ok) throw new Error(made.why)
  for (const [i, { page, length, offset = 0, dma }] of entries.entries()) {
    made.value.setPage(i, { kind: 'page', pfn: pfn(page) }, length, offset)
    made.value.setAttrs(i, 100 + i)
    if (dma !== undefined) made.value.setDma(i, dma[0] as DmaAddr, dma[1])
  }
  return made.value
}
const THREE: readonly Entry[] = [
  { page: 0x40000, length: 1000, offset: 96, dma: [0x1000, 3000] },
  { page: 0x40010, length: 2000, dma: [0x9000, 0] },
  { page: 0x40020, length: 500, dma: [0xa000, 500] },
]
const shown = (table: SgTable | undefined) =>
  table
    ?.entries()
    .map(({ page, offset, length, attrs }) => [page.kind === 'page' ? page.pfn : page.kind, offset, length, attrs])

describe('a split', () => {
  const split = (skip: number, sizes: readonly number[], mapped = 0, options: TestLabOptions = {}) => {
    const lab = openTestLab({ facts: { sgSplitEnds: true }, ...options })
    const table = listOf(lab, THREE)
    return { lab, table, got: lab.sg.split(table, mapped, skip, sizes) }
  }
  const tables = (skip: number, sizes: readonly number[]) => {
    const { got } = split(skip, sizes)
    return got.ok ? got.value.tables.map(shown) : got.errno
  }

  it('takes entries whole, and the rest of one in the next list', () => {
    expect(tables(0, [1000, 2500])).toEqual([
      [[0x40000, 96, 1000, 100]],
      [
        [0x40010, 0, 2000, 101],
        [0x40020, 0, 500, 102],
      ],
    ])
    expect(tables(0, [600, 700, 2200])).toEqual([
      [[0x40000, 96, 600, 100]],
      [
        [0x40000, 696, 400, 100],
        [0x40010, 0, 300, 101],
      ],
      [
        [0x40010, 300, 1700, 101],
        [0x40020, 0, 500, 102],
      ],
    ])
    expect(tables(0, [100, 200, 300])).toEqual([
      [[0x40000, 96, 100, 100]],
      [[0x40000, 196, 200, 100]],
      [[0x40000, 396, 300, 100]],
    ])
  })

  it.each([
    [0, 0x40000, 96],
    [1, 0x40000, 97],
    [999, 0x40000, 1095],
    [1001, 0x40010, 1],
    [2999, 0x40010, 1999],
    [3001, 0x40020, 1],
  ])('%i bytes are left out: it begins at page %i, byte %i', (skip, page, offset) => {
    const { got } = split(skip, [1])
    const [entry] = got.ok ? (shown(got.value.tables[0]) ?? []) : []
    expect(entry?.slice(0, 3)).toEqual([page, offset, 1])
  })

  it.each([
    [0, [3500], true],
    [0, [3501], false],
    [1000, [2500], true],
    [1001, [2500], false],
    [3500, [1], false],
    [0, [1000, 2501], false],
  ])('%i bytes left out, %j asked for: %s', (skip, sizes, fits) => {
    const { got, lab } = split(skip, sizes)
    expect(got.ok ? 'fits' : got.errno).toBe(fits ? 'fits' : 'EINVAL')
    expect(lab.balance().get('scatterlists')).toBe(fits ? 1 + sizes.length : 1)
  })

  it('mapped lists are cut by their own lengths', () => {
    const { got } = split(500, [1000, 2000], 3)
    const [first, second] = got.ok ? got.value.tables : []
    const dma = (table: SgTable | undefined) =>
      table
        ?.entries()
        .slice(0, table.nents)
        .map(({ dmaAddress, dmaLength }) => [dmaAddress, dmaLength])
    expect(dma(first)).toEqual([[0x1000 + 500, 1000]])
    expect(dma(second)).toEqual([
      [0x1000 + 1500, 1500],
      [0x9000, 0],
    ])
    expect([first?.origNents, first?.nents, second?.origNents, second?.nents]).toEqual([2, 1, 2, 3])
    expect(got.ok && got.value.overrun).toBe(1)
  })

  it('a mapped list that is too short, and one that cannot be had, leave nothing', () => {
    const short = split(0, [3500], 1)
    expect(short.got).toMatchObject({ errno: 'EINVAL', why: 'the mapped list has fewer bytes than 0 and 3500' })
    const { got, lab } = split(0, [1000, 1000], 0, { inject: [{ what: 'sgAlloc', nth: 1, device: 'codec' }] })
    expect(got.ok).toBe(true)
    const codec = lab.host(lab.device('codec'))
    expect(codec.sg.split(listOf(lab, THREE), 0, 0, [1000, 1000])).toMatchObject({ errno: 'ENOMEM' })
    expect(lab.balance().get('scatterlists')).toBe(4)
  })
})

describe('a walk over pages', () => {
  const lab = openTestLab()
  const table = listOf(lab, [
    { page: 0x100, length: 2 * PAGE, offset: 10, dma: [0x1000, 3 * PAGE] },
    { page: 0x200, length: PAGE, dma: [0x9000, 1] },
    { page: 0x300, length: 1, offset: PAGE, dma: [0xa000, 0] },
  ])
  it.each([
    [3, 0, ['0:0', '0:1', '0:2', '1:0', '2:0', '2:1']],
    [3, 2, ['0:2', '1:0', '2:0', '2:1']],
    [3, 3, ['1:0', '2:0', '2:1']],
    [3, 4, ['2:0', '2:1']],
    [3, 6, []],
    [1, 0, ['0:0', '0:1', '0:2']],
    [9, 5, ['2:1']],
    [0, 0, []],
  ])('%i entries from page %i on: %j', (nents, from, pages) => {
    expect([...sgPages(table, nents, from)].map(({ index, page }) => `${index}:${page}`)).toEqual(pages)
  })

  it('mapped pages count offset and mapped length together', () => {
    expect([...sgDmaPages(table, 3)]).toEqual([0x1000, 0x2000, 0x3000, 0x4000, 0x9000, 0xa000])
  })

  it.each([
    [0, 0],
    [1, 1],
    [2 * PAGE, 1],
    [2 * PAGE + 1, 2],
    [3 * PAGE, 2],
    [3 * PAGE + 1, 3],
    [3 * PAGE + 2, 'EINVAL'],
  ])('%i bytes need %s entries', (len, entries) => {
    const got = sgNentsForLen(table, len)
    expect(got.ok ? got.value : got.errno).toBe(entries)
  })

  it('the mapping iterator offers what is left of each page, in pieces as they are used', () => {
    const miter = new SgMiter(table, 3)
    const next = () => {
      const one = miter.next()
      return one === null ? null : [one.page, one.offset, one.length]
    }
    expect(next()).toEqual([0, 10, PAGE - 10])
    miter.consume(100)
    expect(next()).toEqual([0, 110, PAGE - 110])
    expect(next()).toEqual([1, 0, PAGE])
    expect(next()).toEqual([2, 0, 10])
    expect(next()).toEqual([0, 0, PAGE])
    // The offset of the last entry passes its first page.
    expect(next()).toEqual([1, 0, 1])
    expect([next(), next()]).toEqual([null, null])
  })

  it.each([
    [0, [0, 10]],
    [5, [0, 15]],
    [PAGE - 10, [1, 0]],
    [2 * PAGE - 1, [2, 9]],
    [2 * PAGE, [0, 0]],
    [3 * PAGE, [1, 0]],
  ])('%i bytes on it stands at %j', (bytes, at) => {
    const miter = new SgMiter(table, 3)
    expect(miter.skip(bytes)).toBe(true)
    const one = miter.next()
    expect([one?.page, one?.offset]).toEqual(at)
  })

  it('does not go beyond its end, nor beyond the entries it was given', () => {
    expect([new SgMiter(table, 3).skip(3 * PAGE + 1), new SgMiter(table, 3).skip(3 * PAGE + 2)]).toEqual([true, false])
    expect([new SgMiter(table, 1).skip(2 * PAGE), new SgMiter(table, 1).skip(2 * PAGE + 1)]).toEqual([true, false])
    expect(new SgMiter(table, 0).next()).toBeNull()
  })
})

describe('copies', () => {
  const AT = 0x40100
  const filled = () => {
    const lab = openTestLab()
    const table = listOf(lab, [
      { page: AT, length: 100, offset: PAGE - 50 },
      { page: AT + 8, length: 60, offset: 5 },
    ])
    const bytes = Uint8Array.from({ length: 160 }, (_, i) => i + 1)
    expect(lab.sg.copyFromBuffer(table, { nents: 2, skip: 0 }, bytes)).toBe(160)
    return { lab, table, bytes }
  }
  it.each([
    [0, 160, 160],
    [10, 160, 150],
    [150, 160, 10],
    [159, 160, 1],
    [160, 160, 0],
    [161, 160, 0],
    [0, 40, 40],
    [45, 60, 60],
  ])('%i bytes left out, a buffer of %i: %i', (skip, len, copied) => {
    const { lab, table, bytes } = filled()
    const buffer = new Uint8Array(len)
    expect(lab.sg.copyToBuffer(table, { nents: 2, skip }, buffer)).toBe(copied)
    expect(buffer.subarray(0, copied)).toEqual(bytes.subarray(skip, skip + copied))
    expect(buffer.subarray(copied).every((byte) => byte === 0)).toBe(true)
  })

  it('zeros are written where they are asked for, and nowhere else', () => {
    const { lab, table, bytes } = filled()
    expect(lab.sg.zeroBuffer(table, { nents: 2, skip: 45 }, 60)).toBe(60)
    const buffer = new Uint8Array(160)
    lab.sg.copyToBuffer(table, { nents: 2, skip: 0 }, buffer)
    expect(buffer).toEqual(Uint8Array.from(bytes).fill(0, 45, 105))
  })
})

it('who wants lists in detail is told each entry, whatever its page is', () => {
  const lab = openTestLab()
  const table = listOf(lab, [
    { page: 0x40100, length: PAGE, dma: [0x1000, PAGE] },
    { page: 1, length: 8 },
    { page: 1, length: 9 },
  ])
  table.setPage(1, { kind: 'vaddr', at: vaddr(0x1234n) }, 8, 4)
  table.setPage(2, { kind: 'null' }, 9, 0)
  const tell = (details: readonly string[]) => {
    const events: EventBody[] = []
    const sink = { wants: (detail: string) => details.includes(detail), emit: (e: EventBody) => void events.push(e) }
    const { kernel, mem } = lab.host(lab.device('codec'))
    createTrace(sink as unknown as MappingSink, kernel, mem).mapSg('codec', table, 3, 3, DIR.TO_DEVICE, 7)
    return events
  }
  expect(tell(['op', 'list'])[0]).toMatchObject({
    event: 'dma_map_sg',
    attrs: 7,
    entries: [
      { page: 'page 0x40100', length: PAGE, dmaAddress: 0x1000, dmaLength: PAGE, attrs: 100 },
      { page: 'no page: 0x1234', length: 8, offset: 4, attrs: 101 },
      { page: 'null', length: 9, attrs: 102 },
    ],
  })
  expect(tell(['op'])[0]).not.toHaveProperty('entries')
  expect(tell([])).toEqual([])
})
