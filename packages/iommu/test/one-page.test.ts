// One page at a time, on the short way: what it writes is what the long way writes, and what is not for it is left alone.
import { compileHotSync, Hot, IO_LOG, logMask, type PageTable } from '@dmalab/hot'
import { expect, it } from 'vitest'
import { type IoPgtableConfig, openIoPgtable } from '../src/index.ts'

const PAGE = 4096
const READ_WRITE = 3
const PHYS = 0x8_0000_3000
const LPAE: IoPgtableConfig = {
  format: 'ARM_64_LPAE_S1',
  pageSizes: 0x40201000,
  ias: 48,
  oas: 40,
  quirks: 0,
  coherentWalk: true,
}
const module = compileHotSync()
const open = (config: Partial<IoPgtableConfig> = {}): { hot: Hot; table: PageTable } => {
  const hot = new Hot(module, { lineSize: 64, poison: 0 })
  const table = openIoPgtable(hot.io, { ...LPAE, ...config })
  if (table === undefined) throw new Error('no such table')
  return { hot, table }
}
const NONE = 0
const EVERYWHERE = [0, 2 ** 52] as const
const mapPage = (table: PageTable, iova: number, phys = PHYS, prot = READ_WRITE) =>
  table.mapPage(iova, phys, PAGE, prot, NONE, 0)
const unmapPage = (table: PageTable, iova: number, from: number = EVERYWHERE[0], end: number = EVERYWHERE[1]) =>
  table.unmapPage(iova, PAGE, NONE, 0, from, end)
/** A neighbour brings the tables. */
const neighbour = (iova: number) => (iova % (2 * PAGE) === 0 ? iova + PAGE : iova - PAGE)

it.each(['ARM_64_LPAE_S1', 'ARM_64_LPAE_S2'] as const)('%s: finds the entry of any address', (format) => {
  const ias = format === 'ARM_64_LPAE_S1' ? 48 : 40
  const bits = [12, 13, 20, 21, 22, 29, 30, 31, 38, 39, 40, 47].filter((bit) => bit < ias)
  const addresses = [...bits.map((bit) => 2 ** bit), ...bits.map((bit) => 2 ** ias - 2 ** bit), 0x12_3456_7000]
  for (const iova of addresses) {
    const { table } = open({ format, ias })
    expect(mapPage(table, iova)).toBe(false)
    expect(table.mapPages(neighbour(iova), 0x1000, PAGE, 1, READ_WRITE)).toEqual({ ret: 0, mapped: PAGE })
    expect(mapPage(table, iova)).toBe(true)
    expect(table.walk(iova)).toMatchObject({ phys: PHYS, level: 3, readable: true, writable: true })
    expect(table.mappedBytes()).toBe(2 * PAGE)
    expect(mapPage(table, iova)).toBe(false)
    expect(unmapPage(table, iova)).toBe(PHYS)
    expect(unmapPage(table, iova)).toBe(-1)
    expect([table.walk(iova), table.mappedBytes()]).toEqual([undefined, PAGE])
  }
})

it.each([1, 2, 3, 7, 19, 35, 67])('writes the entry that the long way writes, with permissions %i', (prot) => {
  const [short, long] = [open().table, open().table]
  for (const table of [short, long]) table.mapPages(0, 0x1000, PAGE, 1, READ_WRITE)
  expect(mapPage(short, PAGE, PHYS, prot)).toBe(true)
  expect(long.mapPages(PAGE, PHYS, PAGE, 1, prot)).toEqual({ ret: 0, mapped: PAGE })
  expect(short.walk(PAGE)).toEqual(long.walk(PAGE))
})

it('leaves alone what the long way must decide', () => {
  const { hot, table } = open()
  table.mapPages(0, 0x1000, PAGE, 1, READ_WRITE)
  const refused: readonly [number, number, number][] = [
    [PAGE, PHYS, 0],
    [PAGE, PHYS, 4],
    [PAGE, PHYS + 1, READ_WRITE],
    [PAGE, PHYS + PAGE / 2, READ_WRITE],
    [PAGE, 2 ** 40, READ_WRITE],
    [2 ** 48, PHYS, READ_WRITE],
    [2 ** 30, PHYS, READ_WRITE],
    [0, PHYS, READ_WRITE],
  ]
  for (const [iova, phys, prot] of refused) expect(mapPage(table, iova, phys, prot)).toBe(false)
  expect(mapPage(table, PAGE, 2 ** 40 - PAGE)).toBe(true)
  expect(table.mappedBytes()).toBe(2 * PAGE)
  for (const iova of [2 ** 48, 2 ** 30, 2 * PAGE]) expect(unmapPage(table, iova)).toBe(-1)
  // The memory behind must lie in the range that is named.
  const at = 2 ** 40 - PAGE
  expect(unmapPage(table, PAGE, at + 1, at + 2 * PAGE)).toBe(-1)
  expect(unmapPage(table, PAGE, at, at + PAGE - 1)).toBe(-1)
  expect(unmapPage(table, PAGE, at, at + PAGE)).toBe(at)
  // A block is no page.
  table.mapPages(2 ** 21, 2 ** 21, 2 ** 21, 1, READ_WRITE)
  expect([mapPage(table, 2 ** 21 + PAGE), unmapPage(table, 2 ** 21)]).toEqual([false, -1])
  // Nor is page 0 told from nothing.
  table.mapPages(3 * PAGE, 0, PAGE, 1, READ_WRITE)
  expect(unmapPage(table, 3 * PAGE)).toBe(-1)
  expect(hot.io.takeWarnings()).toBe(0)
})

it.each([
  { pageSizes: 0x2004000, ias: 44 },
  { pageSizes: 0x20010000, ias: 42 },
  { format: 'ARM_V7S', pageSizes: 0x1111000, ias: 32, oas: 32 },
] as const)('is for long-descriptor tables of 4 KiB pages: %o', (config) => {
  const { table } = open(config)
  const page = config.pageSizes & -config.pageSizes
  table.mapPages(0, 0x10000, page, 1, READ_WRITE)
  expect(mapPage(table, page, 0x20000)).toBe(false)
  expect(unmapPage(table, 0)).toBe(-1)
})

it('hides nothing from who listens', () => {
  const told = ['MAP', 'UNMAP', 'TABLE_SYNC', 'ADD_PAGE'] as const
  for (const kind of Object.keys(IO_LOG) as (keyof typeof IO_LOG)[]) {
    const { hot, table } = open()
    table.mapPages(0, 0x1000, PAGE, 2, READ_WRITE)
    hot.io.logMask = logMask(IO_LOG[kind])
    const isTold = told.includes(kind as (typeof told)[number])
    expect([kind, mapPage(table, 2 * PAGE), unmapPage(table, 0)]).toEqual([kind, !isTold, isTold ? -1 : 0x1000])
  }
})

it('a range is whole pages, or nothing is done', () => {
  const { hot, table } = open()
  expect(table.map(0x1000, 0x5000, 3 * PAGE, READ_WRITE)).toBe(0)
  for (const [iova, size] of [
    [0x1800, PAGE],
    [0x1000, PAGE / 2],
    [0x1000, PAGE + 1],
    [0x1001, PAGE],
  ] as const) {
    expect(table.unmap(iova, size, 1)).toBe(0)
    expect(table.map(iova + 2 ** 22, 0x5000, size, READ_WRITE)).toBe(-22)
    expect(table.mappedBytes()).toBe(3 * PAGE)
  }
  expect(table.map(2 ** 22, 0x5800, PAGE, READ_WRITE)).toBe(-22)
  expect(table.unmap(0x1000, 3 * PAGE, 1)).toBe(3 * PAGE)
  expect(table.mappedBytes()).toBe(0)
  expect(hot.io.takeWarnings()).toBe(0)
})

it('dirty pages are read where pages are mapped, of a range that is not empty and ends with the address space', () => {
  const { table } = open()
  table.mapPages(0, 0x1000, PAGE, 1, READ_WRITE)
  expect([0, 1, PAGE, PAGE + 1].map((size) => table.readDirty(0, size, true))).toEqual([-22, 0, 0, -22])
  const last = 2 ** 48 - PAGE
  table.mapPages(last, 0x1000, PAGE, 1, READ_WRITE)
  expect([PAGE, PAGE + 1].map((size) => table.readDirty(last, size, true))).toEqual([0, -22])
})

it('physical addresses of 52 bits, in one entry and across 2^48', () => {
  const { table } = open({ pageSizes: 0x20010000, ias: 48, oas: 52 })
  const size = 0x10000
  for (const first of [0, 2 ** 48 - 2 * size, 2 ** 48 - size, 2 ** 48, 2 ** 49 - size, 2 ** 49, 2 ** 52 - 4 * size]) {
    expect(table.mapPages(0, first, size, 4, READ_WRITE)).toEqual({ ret: 0, mapped: 4 * size })
    expect([0, 1, 2, 3].map((n) => table.walk(n * size)?.phys)).toEqual([0, 1, 2, 3].map((n) => first + n * size))
    table.unmapPages(0, size, 4, 1)
  }
})

it.each([PAGE, 0x10000])('v7s tells each page of an unmap to who listens to that alone: %i bytes', (size) => {
  const { hot, table } = open({ format: 'ARM_V7S', pageSizes: 0x1111000, ias: 32, oas: 32 })
  const told = [false, true].map((isAlone) => {
    table.mapPages(0, 0x10_0000, size, 5, READ_WRITE)
    hot.io.logMask = logMask(IO_LOG.ADD_PAGE, ...(isAlone ? [] : [IO_LOG.UNMAP, IO_LOG.TABLE_SYNC]))
    expect(table.unmapPages(0, size, 5, 1)).toBe(5 * size)
    const log = hot.io.takeLog().filter(({ kind }) => kind === IO_LOG.ADD_PAGE)
    hot.io.logMask = 0
    return log
  })
  expect(told[0]?.length).toBeGreaterThan(0)
  expect(told[1]).toEqual(told[0])
})
