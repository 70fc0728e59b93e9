// The reader on lines made for the purpose: chunk borders, damage, odd frames, bounded memory.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Event, ReadSummary } from '@dmalab/api'
import { createReader } from '../src/index.ts'

const read = (...chunks: readonly (string | Uint8Array)[]): { summary: ReadSummary; events: readonly Event[] } => {
  const events: Event[] = []
  const reader = createReader({ onEvent: (event) => events.push(event) })
  for (const chunk of chunks) reader.push(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk)
  return { summary: reader.end(), events }
}
const frame = (text: string, head = '            init-1       [001] .....     4.390004: '): string => `${head}${text}\n`
const MAP =
  'dma_map_page: 0000:00:02.0 dir=BIDIRECTIONAL dma_addr=421c8000 size=1024 phys_addr=421c9000 attrs=SKIP_CPU_SYNC|NO_WARN|0x8000'

describe('the kernel of a log', () => {
  const named = (text: string): readonly unknown[] => read(text).events.map((event) => ({ ...event }))
  it('is named by the header of the latency format, and by the banner of a console log', () => {
    expect(named('# tracer: nop\n#\n# nop latency trace v1.1.5 on 6.12.117-lab\n')).toEqual([
      { event: 'kernel_release', release: '6.12.117-lab', at: 3 },
    ])
    const banner = 'Linux version 5.10.13 (me@here) (gcc 12) #1 SMP'
    for (const line of [banner, `[    0.000000] ${banner}`]) {
      const { events, summary } = read(`${line}\n`)
      expect(events).toEqual([{ event: 'kernel_release', release: '5.10.13', at: 1 }])
      expect(summary.damagedCount).toBe(0)
    }
    expect(read('Linux version x\n').events).toEqual([])
  })
})

describe('frames', () => {
  it('an ordinary line becomes an event with its line number, task, cpu and time', () => {
    expect(read('# tracer: nop\n', frame(MAP)).events).toEqual([
      {
        at: 2,
        task: 'init',
        pid: 1,
        cpu: 1,
        time: '4.390004',
        interrupt: false,
        event: 'dma_map_page',
        device: '0000:00:02.0',
        dir: 0,
        dmaAddr: 0x421c_8000,
        size: 1024,
        physAddr: 0x421c_9000,
        attrs: 32 + 256 + 0x8000,
      },
    ])
  })
  it('a task name may hold a dash, a colon and a bracket; the last dash ends it', () => {
    expect(read(frame(MAP, ' kworker/u8:2-ev-12345   [003] d.h1. 12345.678901: ')).events[0]).toMatchObject({
      task: 'kworker/u8:2-ev',
      pid: 12345,
      cpu: 3,
      interrupt: true,
    })
    expect(read(frame(MAP, '     [kthread] x-7       [000] ..s..     1.000001: ')).events[0]).toMatchObject({
      task: '[kthread] x',
      pid: 7,
      interrupt: true,
    })
  })
  it('digits in the flags are not taken for the time', () => {
    expect(read(frame(MAP, '            init-1       [001] ...2.     1.536480: ')).events[0]).toMatchObject({
      time: '1.536480',
    })
  })
  it('four flags, as older kernels print them, and a counting clock are read', () => {
    expect(read(frame(MAP, '            init-1       [001] d..1           42: ')).events[0]).toMatchObject({
      time: '42',
    })
  })
  it('a name is looked for again where the columns of the line before do not fit', () => {
    const shifted = `            init-1       [001] ..... 4.390004: s3: ${MAP}\n`
    const { events, summary } = read(frame(MAP), shifted, frame(MAP))
    expect(events).toHaveLength(2)
    expect(summary.unknown).toEqual({ s3: { count: 1, line: 2 } })
  })
  it('CR LF line ends are read', () => {
    expect(read(frame(MAP).replace('\n', '\r\n')).events).toHaveLength(1)
  })
})

describe('lists cut by the end of their line', () => {
  const SG =
    'dma_map_sg: dev dir=FROM_DEVICE nents=3/3 ents=2/2 dma_addrs={0x1000,0x3000} sizes={0x2000,0x1000} phys_addrs={0x8000,0x9000,0xc000} attrs='
  const sg = (text: string): Event | undefined => read(frame(text)).events[0]

  it('a whole line gives all three arrays', () => {
    expect(sg(SG)).toMatchObject({
      truncated: false,
      dmaAddrs: [0x1000, 0x3000],
      sizes: [0x2000, 0x1000],
      physAddrs: [0x8000, 0x9000, 0xc000],
    })
  })
  it('a map without its end keeps its counts and every whole element', () => {
    expect(sg(SG.slice(0, SG.indexOf(',0xc000') + 3))).toMatchObject({
      nents: 3,
      ents: 2,
      truncated: true,
      physAddrs: [0x8000, 0x9000],
    })
    expect(sg(SG.slice(0, SG.indexOf(' phys_addrs')))).toMatchObject({
      truncated: true,
      sizes: [0x2000, 0x1000],
      physAddrs: [],
    })
  })
  it('the first releases printed no counts: the arrays give them', () => {
    expect(sg(SG.replace('nents=3/3 ents=2/2 ', ''))).toMatchObject({ nents: 3, ents: 2, truncated: false })
  })
  it('an unmap without its end says so', () => {
    expect(sg('dma_unmap_sg: dev dir=FROM_DEVICE phys_addrs={0x8000,0x90')).toMatchObject({
      truncated: true,
      physAddrs: [0x8000],
    })
    expect(sg('dma_unmap_sg: dev dir=FROM_DEVICE phys_addrs={0x8000} attrs=')).not.toHaveProperty('truncated')
  })
})

describe('what is not understood', () => {
  it('other events are counted by name with their first line, and not decoded', () => {
    const { summary, events } = read(frame(MAP), frame('sched_switch: prev_comm=a ==> b'), frame('sched_switch: x'))
    expect(events).toHaveLength(1)
    expect(summary.unknown).toEqual({ sched_switch: { count: 2, line: 2 } })
    expect(summary.damagedCount).toBe(0)
  })
  it('events of an unknown number are counted too', () => {
    const raw = (pid: number): string => `${pid} 1 3656417648 type: 359\n`
    expect(read(raw(93), raw(94), raw(95)).summary.unknown).toEqual({ 'type 359': { count: 3, line: 1 } })
  })
  it('a name behind a point is part of a word', () => {
    const body = 'dma_unmap_page: dev dir=NONE dma_addr=1 size=1 attrs='
    const found = (line: string): number => read(`about a log\n${line}\n`).events.length
    expect([`see foo.${body}`, `see (${body}`, body, `see ${body}`].map(found)).toEqual([0, 0, 1, 1])
  })
  it('a list that a mail broke in two is one', () => {
    const list = 'dma_map_sg: dev dir=NONE nents=1/1 ents=1/1 dma_addrs={0x1000}'
    const { events } = read('Hello,\n', frame(list), ' sizes={0x20} phys_addrs={0x8000} attrs=\n', frame(MAP))
    expect(events).toMatchObject([{ event: 'dma_map_sg', truncated: false, sizes: [32] }, { event: 'dma_map_page' }])
  })
  it('a damaged body is counted, shown, and taken for a missing event', () => {
    const { summary, events } = read(frame(MAP), frame(MAP.slice(0, 60)), frame(MAP))
    expect(summary.damaged.map(({ line }) => line)).toEqual([2])
    expect(events.map(({ event }) => event)).toEqual(['dma_map_page', 'lost', 'dma_map_page'])
  })
  it('only the first damaged lines are kept, all are counted', () => {
    const { summary } = read('what is this\n'.repeat(100))
    expect(summary.damagedCount).toBe(100)
    expect(summary.damaged).toHaveLength(8)
  })
  it('a damaged line is shown without control characters that a terminal would obey', () => {
    const { summary } = read('\u001b[2Jjunk\u0007\n')
    expect(summary.damaged).toEqual([{ line: 1, text: '\\x1b[2Jjunk\\x07' }])
  })
  it('a last line without its end is read', () => {
    expect(read(frame(MAP).trimEnd()).events).toHaveLength(1)
  })
  it('lines made to be slow are read in no time, and a number too long to be one is damage', () => {
    const head = '            init-1       [000] .....     1.000000: '
    const nasty = [
      'x'.repeat(20) + '[1]'.repeat(200_000),
      `#${'latency: '.repeat(60_000)}`,
      `${head}map: iova=0x1000 ${'a'.repeat(500_000)}`,
      `${head}dma_fence_init: driver=x${' timeline= context='.repeat(30_000)}`,
      `${head}dma_map_sg: dev dir=TO_DEVICE dma_addrs={${'0x1,'.repeat(100_000)}`,
      `${head}tracing_mark_write: dmalab: ${'['.repeat(500_000)}`,
      `${head}dma_unmap_page: dev dir=TO_DEVICE dma_addr=${'f'.repeat(300)} size=1 attrs=`,
      `${head}dma_unmap_sg: dev dir=TO_DEVICE phys_addrs={fx} attrs=`,
    ]
    const { events, summary } = read(nasty.join('\n'))
    expect(summary).toMatchObject({ lines: 8, damagedCount: 6 })
    expect(events.map(({ event }) => event)).toEqual(['lost', 'lost', 'lost', 'marker', 'lost', 'lost'])
  })
  it('a line of more than 1 MiB at the very end is counted too', () => {
    expect(read('x'.repeat(3 << 20)).summary).toMatchObject({ lines: 1, damagedCount: 1 })
  })
  it('a line without end does not fill the memory', () => {
    const { summary, events } = read('x'.repeat(800_000), 'x'.repeat(800_000), `x\n${frame(MAP)}`)
    expect(summary.damagedCount).toBe(1)
    expect(events).toMatchObject([{ at: 2 }])
  })
  it('an event of another system with a name of ours is damage, not an event', () => {
    expect(read(frame('map: something else')).events.map(({ event }) => event)).toEqual(['lost'])
  })
})

describe('chunks', () => {
  const text = [frame(MAP), '# comment\n', frame('foo: bar'), 'CPU:1 [LOST 3 EVENTS]\n', frame(MAP), ' => fn\n'].join(
    '',
  )
  it('where a chunk ends makes no difference', () => {
    const whole = read(text)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: text.length - 1 }), { maxLength: 12 }), (cuts) => {
        const borders = [0, ...new Set(cuts.toSorted((a, b) => a - b)), text.length]
        const chunks = borders.slice(1).map((border, index) => text.slice(borders[index], border))
        expect(read(...chunks)).toEqual(whole)
      }),
      { seed: 1, numRuns: 60 },
    )
  })
  it('no bytes at all, in any order, make it fail', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (chunks) => {
        expect(read(...chunks).summary.bytes).toBe(chunks.reduce((sum, { length }) => sum + length, 0))
      }),
      { seed: 2, numRuns: 200 },
    )
  })
  it('a real line damaged at any place is read or counted, never thrown', () => {
    const line = frame(MAP)
    fc.assert(
      fc.property(fc.nat(line.length - 2), fc.nat(255), (at, byte) => {
        const bytes = Buffer.from(line, 'latin1')
        bytes[at] = byte
        const { summary } = read(bytes)
        expect(summary.lines).toBeGreaterThan(0)
      }),
      { seed: 3, numRuns: 500 },
    )
  })
})
