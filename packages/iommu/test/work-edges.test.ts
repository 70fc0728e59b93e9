// Tables, lists and bus addresses at the edges of what they are asked for, and what is told of it.
import { compileHotSync, DmaLists, Hot, IO_LOG, IO_QUIRK, IovaDomain, logMask, type PageTable } from '@dmalab/hot'
import { dma, pfn } from '@dmalab/api'
import { expect, it } from 'vitest'
import { type IoPgtableConfig, openIoPgtable } from '../src/index.ts'
import { seeded } from './seeded.ts'
import { IovaTwin } from './twin/iova-twin.ts'

const PAGE = 4096
const MIB = 2 ** 20
const READ_WRITE = 3
const NORMAL = 1
const INVALIDATE = 2
const hot = new Hot(compileHotSync(), { lineSize: 64, poison: 0 })
const { io } = hot
const LPAE: IoPgtableConfig = {
  format: 'ARM_64_LPAE_S1',
  pageSizes: 0x40201000,
  ias: 48,
  oas: 48,
  quirks: 0,
  coherentWalk: true,
}
const V7S: IoPgtableConfig = { ...LPAE, format: 'ARM_V7S', pageSizes: 0x1111000, ias: 32, oas: 32 }
const open = (config: IoPgtableConfig, partialUnmap: 'split' | 'refused' | 'whole' = 'split'): PageTable => {
  const table = openIoPgtable(io, config, { partialUnmap })
  if (table === undefined) throw new Error('no such table')
  return table
}
const told = (kinds: readonly number[], work: () => void) => {
  io.logMask = logMask(...kinds)
  work()
  io.logMask = 0
  return io.takeLog().map(({ count, a, b, c }) => [count, Number(a), Number(b), Number(c)])
}

it.each([
  [LPAE, 2 * MIB],
  [V7S, MIB],
  [V7S, 16 * PAGE],
] as const)('a part of a block that stays is a warning and a quirk: %o, %i bytes', (config, block) => {
  const table = open(config, 'refused')
  table.mapPages(4 * block, 4 * block, block, 1, READ_WRITE)
  io.takeWarnings()
  const at = 4 * block + 3 * PAGE
  const quirk = told([IO_LOG.QUIRK], () => expect(table.unmapPages(at, PAGE, 1, NORMAL)).toBe(0))
  expect([io.takeWarnings(), quirk]).toEqual([1, [[1, IO_QUIRK.PARTIAL_UNMAP, at, 0]]])
  table.close()
})

it('a block that goes as a whole is told from its first byte on', () => {
  const table = open(LPAE, 'whole')
  table.mapPages(2 * MIB, 2 * MIB, 2 * MIB, 1, READ_WRITE)
  const work = () => expect(table.unmapPages(2 * MIB + 5 * PAGE, PAGE, 1, NORMAL)).toBe(2 * MIB - 5 * PAGE)
  expect(told([IO_LOG.ADD_PAGE], work)).toEqual([[1, 2 * MIB, 2 * MIB, 0]])
  expect(table.mappedBytes()).toBe(0)
  table.close()
})

it('a log of more records than it begins with keeps them all', () => {
  const table = open(LPAE)
  for (const calls of [1, 1638, 1639, 5000]) {
    const log = told([IO_LOG.UNMAP], () => {
      for (let i = 0; i < calls; i++) table.unmapPages(i * PAGE, PAGE, 1, NORMAL)
    })
    expect(log).toEqual(Array.from({ length: calls }, (_, i) => [1, i * PAGE, PAGE, 1]))
  }
  table.close()
})

it('a page that is mapped alone has its lines worked on as the code of its time does', () => {
  const table = open(LPAE)
  table.mapPages(0, PAGE, PAGE, 1, READ_WRITE)
  const counts = (work: () => unknown) => {
    const sum = { lines: 0, writtenBack: 0 }
    expect(work()).not.toBe(false)
    hot.addCounts(sum)
    return sum.lines
  }
  for (const [size, old, lines] of [
    [PAGE, 0, 64],
    [PAGE, 1, 64],
    [100, 0, 2],
    [32, 0, 1],
    // What drops a line at least, also where it has cleaned it just before.
    [32, 1, 2],
  ] as const) {
    expect(counts(() => table.mapPage(PAGE, 8 * PAGE, size, READ_WRITE, INVALIDATE, old))).toBe(lines)
    expect(counts(() => table.unmapPage(PAGE, size, INVALIDATE, old, 0, 2 ** 40))).toBe(lines)
  }
  table.close()
})

it.each([
  [0xffff_ffffn, 1, 2 ** 32],
  [0x1_ffff_ffffn, 2, 2 ** 32],
  [0x1_ffff_ffffn, 1, 2 ** 33],
  [0x3_ffff_ffffn, 2, 2 ** 33],
  [2n ** 64n - 1n, 2, 2 ** 33],
] as const)('segments end at a boundary of %i and more bits', (boundary, pages, at) => {
  const lists = new DmaLists(io)
  const limits = { boundary, maxSize: 2 ** 31 }
  const iova = at - 2 * PAGE
  const ends = pages === 2 ? [4 * PAGE, 0] : [2 * PAGE, 2 * PAGE]
  const segments = (first: (list: number) => unknown, last: (list: number) => number) => {
    const list = hot.sg.alloc(4)
    for (let i = 0; i < 4; i++) hot.sg.setPage(list, i, { kind: 'page', pfn: pfn(9 + 2 * i) }, PAGE, 0)
    hot.sg.setDma(list, 1, dma(0), 0)
    const taken = first(list)
    const made = last(list)
    const [one, two] = [hot.sg.entry(list, 0), hot.sg.entry(list, 1)]
    hot.sg.free(list)
    return { taken, made, starts: one.dmaAddress, lengths: [one.dmaLength, two.dmaLength] }
  }
  const expected = { made: pages === 2 ? 1 : 2, starts: iova, lengths: ends }
  expect(
    segments(
      (list) => lists.pages(list, 4, PAGE, limits),
      (list) => lists.finalisePages(list, 4, PAGE, iova, limits),
    ),
  ).toEqual({ taken: true, ...expected })
  expect(
    segments(
      (list) => lists.prepare(list, 4, PAGE, boundary),
      (list) => lists.finalise(list, 4, iova, limits, false),
    ),
  ).toEqual({ taken: 4 * PAGE, ...expected })
})

it('nothing is mapped of a list without entries, nor told', () => {
  const table = open(LPAE)
  const list = hot.sg.alloc(1)
  const work = () => expect(new DmaLists(io).map(table, list, 0, PAGE, READ_WRITE, 'pages')).toBe(0)
  expect([told([IO_LOG.IOMMU_MAP, IO_LOG.MAP], work), table.mappedBytes()]).toEqual([[], 0])
  table.close()
})

it('ranges on both sides of 4 GiB, and across, move where searches begin as the twin has it', () => {
  const BOUND = 2 ** 20
  for (let seed = 1; seed <= 40; seed++) {
    const both = [new IovaDomain(io, PAGE, 1), new IovaTwin(1, BOUND)] as const
    const random = seeded(seed)
    const calls = Array.from({ length: 40 }, (): ((on: IovaDomain | IovaTwin) => unknown) => {
      const [does, near, more, above] = [random(4), BOUND - 4 + random(8), random(4), random(3) === 0]
      if (does === 0) return (on) => on.reserve(near, near + more)
      if (does === 1) return (on) => on.free(near)
      return (on) => on.alloc(1 + more, above ? BOUND + 6 : BOUND - 1 - random(1), more !== 2)
    })
    for (const call of calls) expect(call(both[0])).toEqual(call(both[1]))
    expect([both[0].ranges(), both[0].max32AllocSize]).toEqual([both[1].ranges(), both[1].max32AllocSize])
    both[0].close()
  }
})
