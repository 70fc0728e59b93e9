// Events in lines of any form, what is put around them, and lines that were wrapped.
import { describe, expect, it, test } from 'vitest'
import { looseLine } from '../../src/shapes/loose-line.ts'
import { plainLine, toldLine } from '../../src/shapes/plain-line.ts'
import { createWrapped } from '../../src/shapes/wrapped.ts'

describe('an event in a line of any form', () => {
  const MAP = 'dma_map_page: d dir=NONE'
  test.each([
    [
      'perf',
      ` kworker/1:2-ev   123/456 [001]    12.345678: dma:${MAP}`,
      { task: 'kworker/1:2-ev', pid: 456, cpu: 1, time: '12.345678' },
    ],
    ['perf without a thread', `app 77 12.345678: dma:${MAP}`, { task: 'app', pid: 77, time: '12.345678' }],
    ['perf trace', `   1234.567 ( 0.001 ms): app/77 dma:${MAP})`, { task: 'app', pid: 77, time: '1.234567' }],
    ['perf trace without a task', `1234.567 dma:${MAP})`, { time: '1.234567' }],
    ['latency', `app-77 12d.h1. 57us : ${MAP}`, { task: 'app', pid: 77, cpu: 12, flags: 'd.h1.', time: '0.000057' }],
    [
      'latency of a counting clock',
      `app-77 12d.h1. 57 : ${MAP}`,
      { task: 'app', pid: 77, cpu: 12, flags: 'd.h1.', time: '57' },
    ],
    [
      'verbose',
      `app 77 12 0 00000001 000000ab [0000000000001234] 1234.567ms (+0.001ms): ${MAP}`,
      { task: 'app', pid: 77, cpu: 12, time: '1.234567' },
    ],
    ['graph', ` 3)   app-77  |  /* ${MAP} */`, { task: 'app', pid: 77, cpu: 3 }],
    ['graph without a task', ` 12)               |  /* ${MAP} */`, { cpu: 12 }],
    [
      'graph with a time',
      ` 12.345678 |   3)  app-77 |  /* ${MAP} */`,
      { task: 'app', pid: 77, cpu: 3, time: '12.345678' },
    ],
    [
      'ftrace, blanks moved',
      `app-77 [001] d.h1. 12.345678: ${MAP}`,
      { task: 'app', pid: 77, cpu: 1, flags: 'd.h1.', time: '12.345678' },
    ],
    [
      'ftrace with a group',
      `app-77 (   77) [001] d.h1. 12.345678: ${MAP}`,
      { task: 'app', pid: 77, cpu: 1, flags: 'd.h1.', time: '12.345678' },
    ],
    [
      'behind a file name',
      `log.txt: app-77 [001] 12.345678: ${MAP}`,
      { task: 'app', pid: 77, cpu: 1, time: '12.345678' },
    ],
    ['nothing but the event', MAP, {}],
  ])('%s', (_form, line, frame) => {
    expect(looseLine(line)).toEqual({ frame, event: 'dma_map_page', body: 'd dir=NONE' })
  })

  test.each([
    ['1.000000: map: IOMMU: x', 'map', 'IOMMU: x'],
    ['57us : unmap: IOMMU: x', 'unmap', 'IOMMU: x'],
    ['| /* map: IOMMU: x */', 'map', 'IOMMU: x'],
    ['app iommu:map: IOMMU: x', 'map', 'IOMMU: x'],
    ['1.000: dma:dma_unmap_page(device: "a, b", size: 16, attrs: 0)', 'dma_unmap_page', 'device=a, b size=16 attrs=0'],
    ['1.0: other_event: text', 'other_event', 'text'],
    ['/* sys:other_event: text */', 'other_event', 'text'],
  ])('%s', (line, event, body) => {
    expect(looseLine(line)).toMatchObject({ event, body })
  })

  it.each([
    'the map: of the town',
    'xdma_map_page: d',
    'a-dma_map_page: d',
    'foo=dma_map_page: d',
    'dma_map_page(device: 1)',
    'other_event: text',
    'unmap: x',
    `${' '.repeat(400)}dma_map_page: d`,
  ])('%s holds none', (line) => {
    expect(looseLine(line)).toBeUndefined()
  })
  it('up to column 400', () => {
    expect(looseLine(`${' '.repeat(387)}dma_map_page: d`)?.event).toBe('dma_map_page')
    expect(looseLine(`${' '.repeat(388)}dma_map_page: d`)).toBeUndefined()
  })
})

describe('what is put around lines', () => {
  test.each([
    ['\u001b[31mred\u001b[0m line', 'red line'],
    ['a\tb', 'a b'],
    ['&lt;x&gt; &amp; &quot;q&quot; &#39;a&#39;&nbsp;b', `<x> & "q" 'a' b`],
    ['&unknown; &x; &abcde; &lt', '&unknown; &x; &abcde; &lt'],
    ['> > quoted', 'quoted'],
    ['   >quoted', 'quoted'],
    ['    > not quoted', '    > not quoted'],
    ['| quoted', 'quoted'],
    ['a > b', 'a > b'],
  ])('%j is %j', (raw, line) => {
    expect(plainLine(raw)).toBe(line)
  })
  test.each([
    ['# tracer: nop', '# tracer: nop'],
    ['[ 1.0] # tracer: nop', '# tracer: nop'],
    ['host: # tracer: nop', '# tracer: nop'],
    ['CPU:12 [LOST 55 EVENTS]', 'CPU:12 [LOST 55 EVENTS]'],
    ['x: CPU:1 [EVENTS DROPPED] y', 'CPU:1 [EVENTS DROPPED] y'],
    ['[    0.0] Linux version 6.12', 'Linux version 6.12'],
    ['Linux version x', undefined],
    ['an x # not', undefined],
    ['CPU:1 [LOST x EVENTS]', undefined],
  ])('of %j %j is told', (line, told) => {
    expect(toldLine(line)?.trimStart()).toBe(told)
  })
})

describe('lines that were wrapped', () => {
  const through = (...lines: readonly string[]): readonly string[] => {
    const out: string[] = []
    const wrapped = createWrapped((line, read) => out.push(`${read?.event ?? '-'}|${line}`))
    for (const line of lines) wrapped.push(line)
    wrapped.end()
    return out
  }
  const HEAD = '            init-1       [001] .....     4.390004: '
  const WHOLE = `${HEAD}dma_unmap_page: dev dir=TO_DEVICE dma_addr=1000 size=16 attrs=`
  it('in three, at a blank and in a word', () => {
    const at = (text: string): number => WHOLE.indexOf(text)
    const three = [
      WHOLE.slice(0, at('dir=')).trimEnd(),
      WHOLE.slice(at('dir='), at('size=')).trimEnd(),
      WHOLE.slice(at('size=')),
    ]
    expect(through(...three)).toEqual([`dma_unmap_page|${WHOLE}`, '-|', '-|'])
    const inWord = [WHOLE.slice(0, at('_DEVICE')), WHOLE.slice(at('_DEVICE'))]
    expect(through(...inWord)).toEqual([`dma_unmap_page|${WHOLE}`, '-|'])
  })
  it('before the event, behind a head with a [cpu] column', () => {
    const head = '            init-1       [001]'
    expect(through(head, WHOLE.slice(head.length).trim())).toHaveLength(2)
    expect(through('            init-1     (    1) [001] .....', '4.390004: dma_unmap_page: x')[0]).toMatch(/^-\|/)
    expect(through('prose', 'more prose', WHOLE)).toEqual(['-|prose', '-|more prose', `dma_unmap_page|${WHOLE}`])
  })
  it('that make no event together come out as they went in', () => {
    const half = WHOLE.slice(0, WHOLE.indexOf('size='))
    expect(through(half, 'is not the rest', WHOLE)).toEqual([
      `dma_unmap_page|${half}`,
      '-|is not the rest',
      `dma_unmap_page|${WHOLE}`,
    ])
    expect(through(half)).toEqual([`dma_unmap_page|${half}`])
  })
  it('into thirteen at most', () => {
    const list = (count: number): readonly string[] => [
      `${HEAD}dma_unmap_sg: dev dir=NONE phys_addrs={0x1,`,
      ...Array.from({ length: count - 2 }, () => '0x1,'),
      '0x1} attrs=',
    ]
    expect(through(...list(13))[0]).toMatch(/attrs=$/)
    expect(through(...list(14))[0]).not.toMatch(/attrs=$/)
  })
  it('with fields that may go on, but a body of name=value pairs is whole', () => {
    const fields = `${HEAD}dma_map_page: device=dev dma_addr=0x1000 (4096)`
    expect(through(fields, 'size=5')).toEqual([`dma_map_page|${fields}`, '-|size=5'])
  })
})
