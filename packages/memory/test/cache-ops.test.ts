// What each cache operation does, tells and counts, in each direction; and what it leaves alone.
import { DIR, type Direction, type Event, PAGE_SIZE, pfn, phys } from '@dmalab/api'
import { describe, expect, test } from 'vitest'
import { isSimulatedOops } from '../src/index.ts'
import { FACTS, HIGHMEM, machine, oopsOf, open, type Opened, POOL, RAM } from './small-machine.ts'

const AT = phys(RAM + 0x280_0000)
const LINES = PAGE_SIZE / 64
type Ops = Opened['memory']['cache']
type Op = (opened: Opened, at: number, len: number, dir: Direction) => void
const address = ({ memory }: Opened, at: number) => memory.linearAddress(phys(at))

const WAYS: readonly (readonly [name: string, hook: 'map' | 'unmap', op: Op])[] = [
  ['dmacMap', 'map', (o, at, len, dir) => o.memory.cache.dmacMap(address(o, at), len, dir)],
  ['dmacMapLinear', 'map', (o, at, len, dir) => o.memory.cache.dmacMapLinear(phys(at), len, dir)],
  ['dmacMapPhys', 'map', (o, at, len, dir) => o.memory.cache.dmacMapPhys(phys(at), len, dir)],
  ['dmacUnmap', 'unmap', (o, at, len, dir) => o.memory.cache.dmacUnmap(address(o, at), len, dir)],
  ['dmacUnmapLinear', 'unmap', (o, at, len, dir) => o.memory.cache.dmacUnmapLinear(phys(at), len, dir)],
  ['dmacUnmapPhys', 'unmap', (o, at, len, dir) => o.memory.cache.dmacUnmapPhys(phys(at), len, dir)],
]
const told = (events: readonly Event[]) =>
  events.flatMap((one) => (one.event === 'cache_maint' ? [[one.op, one.physAddr, one.size, one.dir]] : []))
const lines = (events: readonly Event[]) => events.filter(({ event }) => event === 'cache_line').length
const faultOf = (body: () => void): string | undefined => {
  try {
    body()
    return undefined
  } catch (e) {
    if (isSimulatedOops(e)) return e.oops.reason
    throw e
  }
}
/** A page that the CPU wrote, and how much of it memory does not have. */
const dirty = (opened: Opened) => {
  opened.memory.hot.fill('cpu', AT, PAGE_SIZE, 7)
  return () => opened.memory.hot.compare('memory', AT, PAGE_SIZE, 7).wrong
}

describe.each(WAYS)('%s', (_, hook, op) => {
  test.each([
    ['for both', DIR.BIDIRECTIONAL],
    ['to the device', DIR.TO_DEVICE],
    ['from the device', DIR.FROM_DEVICE],
  ])('%s', (__, dir) => {
    const opened = open()
    const wrong = dirty(opened)
    const kind = (hook === 'map' ? FACTS.arch.cache.forDevice : FACTS.arch.cache.forCpu)[dir]
    op(opened, AT, PAGE_SIZE, dir)
    expect(told(opened.events)).toEqual(kind === 'none' ? [] : [[hook, AT, PAGE_SIZE, dir]])
    expect(lines(opened.events)).toBe(kind === 'none' ? 0 : LINES)
    expect(opened.memory.cache.counters()).toEqual({
      lines: kind === 'none' ? 0 : LINES,
      writtenBack: kind === 'clean' ? LINES : 0,
    })
    expect(wrong() > 4000).toBe(kind !== 'clean')
  })

  test('a hook that does nothing does nothing where nothing is mapped either', () => {
    const opened = open()
    if (hook === 'unmap') op(opened, POOL, PAGE_SIZE, DIR.TO_DEVICE)
    expect([opened.events, opened.memory.cache.counters()]).toEqual([[], { lines: 0, writtenBack: 0 }])
  })
})

const flushes: readonly (readonly [name: string, flush: (opened: Opened, at: number) => void])[] = [
  ['dmacFlush', (o, at) => o.memory.cache.dmacFlush(address(o, at), PAGE_SIZE)],
  ['dmacFlushPhys', (o, at) => o.memory.cache.dmacFlushPhys(phys(at), PAGE_SIZE)],
]

describe.each(flushes)('%s', (_, flush) => {
  test('writes back and drops, and says so', () => {
    const opened = open()
    const wrong = dirty(opened)
    flush(opened, AT)
    expect([wrong(), told(opened.events)]).toEqual([0, [['flush', AT, PAGE_SIZE, DIR.BIDIRECTIONAL]]])
    opened.memory.hot.fill('memory', AT, PAGE_SIZE, 8)
    expect(opened.memory.hot.compare('cpu', AT, PAGE_SIZE, 8).wrong).toBe(0)
  })

  test('does nothing on a CPU without such instructions', () => {
    const opened = open({ ...machine(), cpu: { lineSize: 64, aliasing: false, cacheOps: 'none' } })
    const wrong = dirty(opened)
    flush(opened, AT)
    expect([told(opened.events), opened.memory.cache.counters().lines]).toEqual([[], 0])
    expect(wrong()).toBeGreaterThan(4000)
    // What the architecture's hooks name is theirs.
    opened.memory.cache.dmacMap(address(opened, AT), PAGE_SIZE, DIR.TO_DEVICE)
    expect(wrong()).toBe(0)
  })
})

describe('where nothing is mapped', () => {
  const flushAt = (opened: Opened, at: number, len: number): string =>
    oopsOf(() => opened.memory.cache.dmacFlush(address(opened, at), len)).address

  test('the first byte faults at its own address, a later one at its line', () => {
    expect(flushAt(open(), POOL + 5, 64)).toBe('0xc1000005')
    expect(flushAt(open(), POOL - 5, 64)).toBe('0xc1000000')
    const [region] = machine().reserved
    if (region === undefined) throw new Error('the machine has a pool')
    // A region that begins within a line.
    const odd = open({ ...machine(), reserved: [{ ...region, base: POOL + 0x1010, len: PAGE_SIZE }] })
    expect(flushAt(odd, POOL + 0xff0, 64)).toBe('0xc1001000')
    expect(flushAt(odd, POOL + 0x1010, 64)).toBe('0xc1001010')
  })

  test('nothing was maintained before the fault', () => {
    const opened = open()
    opened.memory.hot.fill('cpu', phys(POOL - 64), 64, 7)
    flushAt(opened, POOL - 64, 128)
    expect([opened.events, opened.memory.cache.counters().lines]).toEqual([[], 0])
  })

  test.each([
    ['a real CPU faults', {}, true],
    ['an emulated one does not look', { emulated: true }, false],
    ['unless it is told to', { emulated: true, cacheOps: 'checked' }, true],
    ['being told changes no real one', { cacheOps: 'checked' }, true],
  ] as const)('%s', (_, cpu, faults) => {
    const opened = open({ ...machine(), cpu: { lineSize: 64, aliasing: false, ...cpu } })
    const flush = (): void => opened.memory.cache.dmacFlush(address(opened, POOL), 64)
    expect(faultOf(flush)).toBe(faults ? 'paging request' : undefined)
  })
})

test('scattered pages are maintained one by one, pages in a row at once: all lines of each', () => {
  for (const frames of [
    [7, 3, 9],
    [7, 8, 9],
  ]) {
    const opened = open()
    const { memory, events } = opened
    const pages = frames.map((n) => pfn(RAM / PAGE_SIZE + n))
    const at = memory.vmap(pages, 'cached')
    if (!at.ok) throw new Error(at.why)
    memory.cpuWrite(at.value, 3 * PAGE_SIZE, { seed: 5 }, 'b')
    memory.cache.dmacMap(at.value, 3 * PAGE_SIZE, DIR.TO_DEVICE)
    expect(told(events)).toEqual([['map', RAM + 7 * PAGE_SIZE, 3 * PAGE_SIZE, DIR.TO_DEVICE]])
    for (const [i, page] of pages.entries())
      expect(memory.hot.compare('memory', phys(page * PAGE_SIZE), PAGE_SIZE, 5, i * PAGE_SIZE).wrong).toBe(0)
    expect(memory.cache.counters()).toEqual({ lines: 3 * LINES, writtenBack: 3 * LINES })
  }
})

test('every line of a range is told, edges and all, with the shortest lines there are', () => {
  const cache = { ...FACTS.arch.cache, invalidatesTwice: true }
  const facts = { ...FACTS, arch: { ...FACTS.arch, cache } }
  const { memory, events } = open({ ...machine(), cpu: { lineSize: 16, aliasing: false } }, facts)
  memory.hot.fill('cpu', AT, 256, 7)
  memory.cache.dmacMapLinear(phys(AT + 8), 128, DIR.FROM_DEVICE)
  // Both edges are cleaned first, then nine lines are invalidated.
  expect(events.flatMap((one) => (one.event === 'cache_line' ? [(one.physAddr - AT) / 16] : []))).toHaveLength(
    memory.cache.counters().lines,
  )
  expect(memory.cache.counters().lines).toBeGreaterThanOrEqual(10)
})

describe('an outer cache', () => {
  const withOuter = () =>
    open({ ...machine(), cpu: { lineSize: 32, aliasing: false, outer: { model: 'pl310', lineSize: 32 } } })
  const OPS: readonly (readonly [string, (cache: Ops) => void, Direction, writes: boolean])[] = [
    ['oinv', (cache) => cache.outerInv(AT, PAGE_SIZE), DIR.FROM_DEVICE, false],
    ['oclean', (cache) => cache.outerClean(AT, PAGE_SIZE), DIR.TO_DEVICE, true],
    ['oflush', (cache) => cache.outerFlush(AT, PAGE_SIZE), DIR.BIDIRECTIONAL, true],
  ]
  test.each(OPS)('%s', (op, run, dir, writes) => {
    const opened = withOuter()
    const wrong = dirty(opened)
    opened.memory.cache.dmacMap(address(opened, AT), PAGE_SIZE, DIR.TO_DEVICE)
    const before = opened.events.length
    run(opened.memory.cache)
    expect(told(opened.events.slice(before))).toEqual([[op, AT, PAGE_SIZE, dir]])
    expect(lines(opened.events.slice(before))).toBeGreaterThan(0)
    expect(wrong() > 4000).toBe(!writes)
    // The inner cache's counters are its own.
    expect(opened.memory.cache.counters().lines).toBe(PAGE_SIZE / 32)
  })
})

describe('the short way', () => {
  const quiet = (over: Partial<(typeof FACTS)['arch']['cache']> = {}, cpu: object = {}) =>
    open(
      { ...machine(), cpu: { lineSize: 64, aliasing: false, ...cpu } },
      { ...FACTS, arch: { ...FACTS.arch, cache: { ...FACTS.arch.cache, ...over } } },
      () => false,
    )
  const END = RAM + 256 * 2 ** 20

  test.each([
    ['the first bytes of memory', RAM, 64, true],
    ['below it', RAM - 64, 64, false],
    ['up to the pool', POOL - PAGE_SIZE, PAGE_SIZE, true],
    ['into the pool', POOL - PAGE_SIZE, PAGE_SIZE + 1, false],
    ['the pool', POOL, 64, false],
    ['behind the pool', POOL + 2 ** 20, 64, true],
    ['from its last byte on', POOL + 2 ** 20 - 1, 64, false],
    ['the end of low memory', HIGHMEM - 64, 64, true],
    ['highmem', HIGHMEM, 64, false],
    ['into highmem', HIGHMEM - 64, 65, false],
    ['behind memory', END, 64, false],
  ])('%s', (_, at, len, expected) => {
    const { memory } = quiet()
    expect(memory.cache.maintainPlain('map', phys(at), len, DIR.TO_DEVICE)).toBe(expected)
    // Asked after another range, the answer is the same.
    memory.cache.maintainPlain('map', AT, 64, DIR.TO_DEVICE)
    expect(memory.cache.maintainPlain('map', phys(at), len, DIR.TO_DEVICE)).toBe(expected)
    expect(memory.cache.counters().lines > 0).toBe(true)
  })

  test('is not for what is listened to page by page, nor beside an outer cache', () => {
    expect(open().memory.cache.maintainPlain('map', AT, 64, DIR.TO_DEVICE)).toBe(false)
    const outer = quiet({}, { outer: { model: 'pl310', lineSize: 32 } })
    expect(outer.memory.cache.maintainPlain('map', AT, 64, DIR.TO_DEVICE)).toBe(false)
  })

  test('does what the architecture says, and counts it', () => {
    const opened = quiet()
    const wrong = dirty(opened)
    const { cache } = opened.memory
    expect(cache.maintainPlain('unmap', AT, PAGE_SIZE, DIR.TO_DEVICE)).toBe(true)
    expect(cache.counters()).toEqual({ lines: 0, writtenBack: 0 })
    expect(cache.maintainPlain('map', AT, PAGE_SIZE, DIR.TO_DEVICE)).toBe(true)
    expect([wrong(), cache.counters()]).toEqual([0, { lines: LINES, writtenBack: LINES }])
    cache.count({ lines: 3, writtenBack: 2 })
    expect(cache.counters()).toEqual({ lines: LINES + 3, writtenBack: LINES + 2 })
  })

  test.each([
    ['whole pages', 0, 2 * PAGE_SIZE, [true, true, false]],
    ['one page', 0, PAGE_SIZE, [true, false, false]],
    ['pages that are covered in part are not', 64, 2 * PAGE_SIZE, [false, true, false]],
    ['less than a page', 0, PAGE_SIZE - 64, [false, false, false]],
  ])('marks clean what the CPU takes back: %s', (_, offset, len, expected) => {
    const { memory } = quiet()
    const first = AT / PAGE_SIZE
    const marks = () => [0, 1, 2].map((n) => memory.hot.pageClean(pfn(first + n)))
    memory.cache.maintainPlain('map', phys(AT + offset), len, DIR.FROM_DEVICE)
    memory.cache.maintainPlain('unmap', phys(AT + offset), len, DIR.TO_DEVICE)
    expect(marks()).toEqual([false, false, false])
    memory.cache.maintainPlain('unmap', phys(AT + offset), len, DIR.FROM_DEVICE)
    expect(marks()).toEqual(expected)
    const none = quiet({ marksClean: 'nothing' })
    none.memory.cache.maintainPlain('unmap', phys(AT + offset), len, DIR.FROM_DEVICE)
    expect(none.memory.hot.pageClean(pfn(first))).toBe(false)
  })
})

test('a mark on a page is told with its address and size', () => {
  const { memory, events } = open()
  memory.cache.markPageClean(pfn(AT / PAGE_SIZE))
  expect(told(events)).toEqual([['pgclean', AT, PAGE_SIZE, DIR.BIDIRECTIONAL]])
  const quiet = open(machine(), FACTS, () => false)
  quiet.memory.cache.markPageClean(pfn(AT / PAGE_SIZE))
  expect([quiet.events, quiet.memory.hot.pageClean(pfn(AT / PAGE_SIZE))]).toEqual([[], true])
})

test('what none listens to is done without an event', () => {
  const opened = open(machine(), FACTS, (detail) => detail === 'op')
  const wrong = dirty(opened)
  opened.memory.cache.dmacMap(address(opened, AT), PAGE_SIZE, DIR.TO_DEVICE)
  expect([opened.events, wrong(), opened.memory.cache.counters().lines]).toEqual([[], 0, LINES])
})
