// What stands before an event, in the forms that the kernel prints; and lines that are no events at all.
import type { Event } from '@dmalab/api'
import { describe, expect, it, test } from 'vitest'
import { createReader } from '../../src/read/reader.ts'

const BODY = 'dma_sync_single_for_cpu: dev dir=TO_DEVICE dma_addr=1000 size=16'
const read = (text: string, options: { keep?: number } = {}) => {
  const events: Event[] = []
  const reader = createReader({ ...options, onEvent: (event) => events.push(event) })
  reader.push(Buffer.from(text, 'latin1'))
  return { events, summary: reader.end() }
}
const framesOf = (...lines: readonly string[]) =>
  read(lines.join('\n')).events.map(({ task, pid, cpu, time, interrupt }) => [task, pid, cpu, time, interrupt])
/** Lines that make a log of the kernel of it. */
const PLAIN = `            init-1       [001] .....     4.390004: ${BODY}`
const framesAmong = (...lines: readonly string[]) => framesOf(PLAIN, ...lines).slice(1)

describe('frames of the kernel', () => {
  test.each([
    [`          ffmpeg-1234    [011] d..1.   100.123456: ${BODY}`, ['ffmpeg', 1234, 11, '100.123456', false]],
    [
      `  kworker/u16:12-45678 (    123) [000] d.h1. 12345.678901: ${BODY}`,
      ['kworker/u16:12', 45_678, 0, '12345.678901', true],
    ],
    [`           <...>-99      (-------) [007] ...1     4.378800: ${BODY}`, ['<...>', 99, 7, '4.378800', false]],
    [`             x y-17      [001] ..z2.     6.000001: ${BODY}`, ['x y', 17, 1, '6.000001', true]],
    [`              irq-17     [001] ..H2.     6.000001: ${BODY}`, ['irq', 17, 1, '6.000001', true]],
    [`             nmi-17      [001] ..Z2.     6.000001: ${BODY}`, ['nmi', 17, 1, '6.000001', true]],
    [`            soft-17      [001] ..s2.     6.000001: ${BODY}`, ['soft', 17, 1, '6.000001', true]],
    [`            none-17      [001]         6.000001: ${BODY}`, ['none', 17, 1, '6.000001', undefined]],
    [`           ticks-17      [001] .....  3656417648: ${BODY}`, ['ticks', 17, 1, '3656417648', false]],
  ])('%s', (line, frame) => {
    expect(framesAmong(line)).toEqual([frame])
  })

  test.each([
    ['    init-1         0..... 49444us#: ', ['init', 1, 0, '0.049444', false]],
    ['  ffmpeg-1234     11d.h1. 1500000us : ', ['ffmpeg', 1234, 11, '1.500000', true]],
    ['  kwork-a-12345     1d.s1.    1us+: ', ['kwork-a', 12_345, 1, '0.000001', true]],
  ])('of the latency format: %s', (head, frame) => {
    expect(framesOf(`# tracer: nop`, `${head}${BODY}`)).toEqual([frame])
  })

  it('without flags nothing is said of interrupts', () => {
    const [event] = read(`            none-17      [001]         6.000001: ${BODY}`).events
    expect(event).not.toHaveProperty('interrupt')
    expect(read(PLAIN).events[0]).toHaveProperty('interrupt', false)
  })

  it('of the raw format: numbers of types are counted as unknown, markers are read', () => {
    const { events, summary } = read(
      '93 1 3656417648 type: 359\n12 10 3654444208 # ffff8000800d5db4 begin raw\n12 10 36 # x no\n',
    )
    expect(events).toMatchObject([{ event: 'marker', text: 'begin raw', pid: 12, cpu: 10, time: '3654444208' }])
    expect(summary).toMatchObject({ unknown: { 'type 359': { count: 1, line: 1 } }, damagedCount: 1 })
  })

  test.each([
    ['no dash before the column', `            init 1       [001] .....     4.390004: ${BODY}`],
    ['no pid', `            init-        [001] .....     4.390004: ${BODY}`],
    ['no time', `            init-1       [001] ..... today: ${BODY}`],
    ['a column without a number', `            init-1       [] .....     4.390004: ${BODY}`],
    ['a column that does not end', `            init-1       [001 .....     4.390004: ${BODY}`],
  ])('without %s is damage', (_what, line) => {
    const { events, summary } = read([PLAIN, line, PLAIN].join('\n'))
    expect(events.filter(({ event }) => event === 'dma_sync_single_for_cpu')).toHaveLength(2)
    expect(summary.damagedCount).toBe(1)
  })
})

describe('lines beside events', () => {
  it('headers give the kernel, counts of the buffer, and what was overwritten', () => {
    const { events, summary } = read(
      '# tracer: nop\n#\n# entries-in-buffer/entries-written: 100/250   #P:4\n# entries-in-buffer/entries-written: 30/30   #P:4\n',
    )
    expect(summary).toMatchObject({ entries: { inBuffer: 130, written: 280 }, lost: 150, gaps: 1, damagedCount: 0 })
    expect(events).toEqual([{ event: 'lost', count: 150, at: 3 }])
    expect(read('# latency: 120 us, #12/345, CPU#1 | (M:server VP:0)\n').summary).toMatchObject({
      entries: { inBuffer: 12, written: 345 },
      lost: 333,
    })
  })
  it('gaps, with their number or without; stacks; unknown events; blanks; heads of trace-cmd', () => {
    const text = [
      'cpus=4',
      'version = 6',
      PLAIN,
      'CPU:11 [LOST 12 EVENTS]',
      '  CPU:3 [EVENTS DROPPED]',
      '            init-1       [001] .....     4.390005: <stack trace>',
      ' => dma_map_page_attrs',
      ' => driver_probe',
      '            init-1       [001] .....     4.390006: sched_switch: x',
      '            init-1       [001] .....     4.390006: sched_switch: y',
      '            init-1       [001] .....     4.390007: dma_map_page_attrs <-driver_probe',
      '',
      '   ',
    ].join('\n')
    expect(read(text).summary).toMatchObject({
      events: { dma_sync_single_for_cpu: 1 },
      lost: 12,
      gaps: 2,
      stackLines: 3,
      unknown: {
        sched_switch: { count: 2, line: 9 },
        'dma_map_page_attrs <-driver_probe': { count: 1, line: 11 },
      },
      unknownCount: 3,
      damagedCount: 0,
      lines: 13,
    })
  })
  it('so many damaged lines and unknown names are kept as is asked for, with their numbers', () => {
    const odd = Array.from({ length: 30 }, (_, n) => `            init-1       [001] .....     4.390006: other_${n}: x`)
    const { summary } = read([PLAIN, 'damaged one', 'damaged two', 'damaged three', ...odd].join('\n'), { keep: 2 })
    expect(summary.damaged).toEqual([
      { line: 2, text: 'damaged one' },
      { line: 3, text: 'damaged two' },
    ])
    expect(summary).toMatchObject({ damagedCount: 3, unknownCount: 30 })
    expect(Object.keys(summary.unknown)).toHaveLength(16)
  })
  it('a damaged line is shown to its 160th character', () => {
    expect(read(`${PLAIN}\n${'y'.repeat(200)}`).summary.damaged).toEqual([{ line: 2, text: 'y'.repeat(160) }])
  })
})
