// Markers of our own writer: each field that rules read must be there and of its kind, else it is a marker like any other.
import type { Event } from '@dmalab/api'
import { describe, expect, it, test } from 'vitest'
import { createReader } from '../src/index.ts'

const read = (...lines: readonly string[]): readonly Event[] => {
  const events: Event[] = []
  const reader = createReader({ onEvent: (event) => events.push(event) })
  reader.push(Buffer.from(lines.map((line) => `            init-1       [000] .....     0.000005: ${line}\n`).join('')))
  reader.end()
  return events
}
const marked = (body: object): readonly Event[] => read(`tracing_mark_write: dmalab: ${JSON.stringify(body)}`)
interface Body {
  readonly event: string
  readonly [field: string]: unknown
}
const isOurs = (body: Body): boolean => marked(body)[0]?.event === body.event

const RANGES = [{ base: 0, len: 1 }]
const ENTRY = { page: 1, offset: 0, length: 1, attrs: 0, dmaAddress: 0, dmaLength: 0 }
const OOPS = { address: '0', function: 'f', reason: 'r', callPath: ['g'], text: [] }
const EVENTS: readonly Body[] = [
  {
    event: 'session',
    machine: 'm',
    kernel: 'k',
    lineSize: 64,
    physAddrBits: 32,
    dmaDebug: '6.12',
    traceFormat: '6.12',
    memory: RANGES,
    pools: [{ name: 'p' }],
    devices: [{ name: 'd' }],
  },
  { event: 'step', what: 'w' },
  { event: 'ioctl', name: 'n', device: 'd' },
  { event: 'printk', level: 'l', text: 't' },
  { event: 'cache_maint', op: 'o', physAddr: 1, size: 1, dir: 1 },
  { event: 'cache_line', op: 'o', physAddr: 1 },
  { event: 'arch_sync', to: 't', physAddr: 1, size: 1, dir: 1 },
  { event: 'bounce_copy', copy: 'c', device: 'd', tlbAddr: 1, origAddr: 1, size: 1 },
  { event: 'cache_summary', device: 'd', op: 'o', lines: 1, writtenBack: 1 },
  { event: 'dma_mapping_error', device: 'd', dmaAddr: 1 },
  { event: 'pool_free', device: 'd', pool: 'p', dmaAddr: 1, size: 1 },
  { event: 'dma_get_sgtable', device: 'd', dmaAddr: 1, size: 1, pages: ['p'], physAddrs: [1], places: [1] },
  { event: 'driver_unbound', device: 'd' },
  { event: 'iova_link', device: 'd', dmaAddr: 1, physAddr: 1, size: 1, dir: 1, attrs: 1 },
  { event: 'iova_sync', device: 'd', dmaAddr: 1, size: 1 },
  { event: 'iova_unlink', device: 'd', dmaAddr: 1, size: 1 },
  { event: 'dma_buf_release', expName: 'e', size: 1, ino: 1 },
  { event: 'device_access', device: 'd', write: true, dmaAddr: 1, size: 1 },
  { event: 'cpu_access', task: 't', write: true, virtAddr: 'v', physAddr: 1, size: 1, mapping: 'm' },
  { event: 'stale_translation', device: 'd', write: true, dmaAddr: 1, physAddr: 1 },
  { event: 'kernel_quirk', code: 'OUT_OF_RANGE', text: 't' },
  { event: 'type_confusion', what: 'w', virtAddr: 'v', read: 'r' },
  { event: 'stopped_call', call: 'c', device: 'd', dir: 1, attrs: 1, entries: [ENTRY] },
  { event: 'oops', oops: OOPS },
  { event: 'end' },
]
const wrongOf = (value: unknown): readonly unknown[] => [null, typeof value === 'string' ? 1 : 'x', {}, [null], [[]]]

describe('an event in a marker', () => {
  test.each(EVENTS.filter(({ event }) => event !== 'kernel_quirk'))('$event needs each of its fields', (body) => {
    expect(isOurs(body)).toBe(true)
    for (const [name, value] of Object.entries(body)) {
      if (name === 'event') continue
      const rest = Object.fromEntries(Object.entries(body).filter(([other]) => other !== name))
      expect([name, marked(rest)[0]?.event]).toEqual([name, 'marker'])
      for (const wrong of wrongOf(value)) {
        if (JSON.stringify(wrong) === JSON.stringify(value)) continue
        expect([name, wrong, marked({ ...body, [name]: wrong })[0]?.event]).toEqual([name, wrong, 'marker'])
      }
    }
  })

  test.each([
    ['memory', [{ base: 1 }]],
    ['memory', [{ len: 1 }]],
    ['memory', [{ base: '1', len: 1 }]],
    ['memory', [...RANGES, null]],
    ['pools', [{}]],
    ['pools', [{ name: 1 }]],
    ['devices', [{ name: 'd' }, 'e']],
    ['runs', [1]],
  ])('a session whose %s is %j is none', (name, value) => {
    const [session] = EVENTS
    expect(isOurs({ ...session!, runs: RANGES })).toBe(true)
    expect(isOurs({ ...session!, [name]: value })).toBe(false)
  })

  test.each([
    [{ page: null }, true],
    [{ page: '0xffff' }, true],
    [{ page: '0xffffffffffffffff' }, true],
    [{ page: 'x0x1' }, false],
    [{ page: '0x1x' }, false],
    [{ page: '0x' }, false],
    [{ page: '0xfffffffffffffffff' }, false],
    [{ page: -1 }, false],
    [{ page: 1.5 }, false],
    [{ page: true }, false],
    [{ offset: -1 }, false],
    [{ length: 0.5 }, false],
    [{ attrs: null }, false],
    [{ dmaAddress: '1' }, false],
    [{ dmaLength: -1 }, false],
    [{ dmaLength: 0 }, true],
  ])('an entry with %j: %s', (change, is) => {
    const stopped = { event: 'stopped_call', call: 'c', device: 'd', dir: 1, attrs: 1 }
    expect(isOurs({ ...stopped, entries: [ENTRY, { ...ENTRY, ...change }] })).toBe(is)
  })

  test.each([{ address: 1 }, { function: 1 }, { reason: null }, { callPath: [1] }, { callPath: 'x' }])(
    'an oops with %j is none',
    (change) => {
      expect(isOurs({ event: 'oops', oops: { ...OOPS, ...change } })).toBe(false)
    },
  )

  it('a quirk has a code of a finding', () => {
    expect(isOurs({ event: 'kernel_quirk', code: 'constructor', text: 't' })).toBe(false)
    expect(isOurs({ event: 'kernel_quirk', code: 1, text: 't' })).toBe(false)
  })

  it.each([
    '{"event":"nothing"}',
    '{"event":"constructor"}',
    '{"event":1}',
    '"end"',
    'null',
    '{}',
    '[{"event":"end"}]',
  ])('%s is none', (text) => {
    expect(read(`tracing_mark_write: dmalab: ${text}`)).toMatchObject([{ event: 'marker', text: `dmalab: ${text}` }])
  })
  it('nor is one without the words before it', () => {
    expect(read('tracing_mark_write: {"event":"end"}')[0]?.event).toBe('marker')
    expect(read('tracing_mark_write: x dmalab: {"event":"end"}')[0]?.event).toBe('marker')
  })
})

describe('what is said of the event that follows', () => {
  const MAP = 'dma_map_page: dev dir=TO_DEVICE dma_addr=1000 size=16 phys_addr=1000 attrs='
  const after = (extra: object): readonly Event[] =>
    read(`tracing_mark_write: dmalab: ${JSON.stringify({ event: 'with', ...extra })}`, MAP, MAP)
  it.each([
    { pool: 'p' },
    { area: 'a' },
    { physAddr: 5 },
    { dmaAddrs: [1], sizes: [2], physAddrs: [3], truncated: false },
    { records: [ENTRY] },
    {},
  ])('%j is added to that alone', (extra) => {
    const [first, second, ...none] = after(extra)
    expect(none).toEqual([])
    expect(first).toMatchObject({ event: 'dma_map_page', ...extra })
    const [plain] = read(MAP)
    const { at: _at, ...rest } = plain ?? { at: 0 }
    const { at: _second, ...bare } = second ?? { at: 0 }
    expect(bare).toEqual(rest)
  })
  it.each<object>([
    { pool: 1 },
    { area: null },
    { physAddr: '5' },
    { dmaAddrs: ['1'] },
    { sizes: 5 },
    { physAddrs: [null] },
    { truncated: 1 },
    { records: [{}] },
    { virtAddr: 'v' },
    { constructor: 1 },
    { pool: 'p', other: 1 },
  ])('%j stays a marker', (extra) => {
    expect(after(extra).map(({ event }) => event)).toEqual(['marker', 'dma_map_page', 'dma_map_page'])
  })
  it('steps are counted by time from a session on, lines before', () => {
    const [session] = EVENTS
    const end = 'tracing_mark_write: dmalab: {"event":"end"}'
    expect(read(end, MAP).map(({ at, time }) => [at, time])).toEqual([
      [1, '0.000005'],
      [2, '0.000005'],
    ])
    expect(
      read(`tracing_mark_write: dmalab: ${JSON.stringify(session)}`, end, MAP, 'tracing_mark_write: hello').map(
        ({ event, at, time }) => [event, at, time],
      ),
    ).toEqual([
      ['session', 5, undefined],
      ['end', 5, undefined],
      ['dma_map_page', 5, '0.000005'],
      ['marker', 5, '0.000005'],
    ])
  })
})
