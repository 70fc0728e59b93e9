// Text that comes in pieces, lists that end early, lines that belong to none: where a reader begins, goes on and stops.
import { dma, type Event, type EventBody, phys } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { createFtraceWriter, createReader } from '../src/index.ts'
import { createJsonText } from '../src/shapes/json-trace.ts'
import { createWrapped } from '../src/shapes/wrapped.ts'
import { readBodies } from './read/lines.ts'

const LINE =
  '            init-1       [001] .....     4.390004: dma_unmap_page: dev dir=TO_DEVICE dma_addr=1000 size=16 attrs='

describe('a log in pieces', () => {
  const read = (...pieces: readonly string[]) => {
    const events: Event[] = []
    const reader = createReader({ onEvent: (event) => events.push(event) })
    for (const piece of pieces) reader.push(Buffer.from(piece, 'latin1'))
    const summary = reader.end()
    return {
      count: events.filter(({ event }) => event === 'dma_unmap_page').length,
      summary,
      kernels: events.flatMap((event) => (event.event === 'kernel_release' ? [event.release] : [])),
    }
  }
  it.each([
    ['in one', [`${LINE}\n${LINE}\n`]],
    ['a newline that comes first', [LINE, `\n${LINE}\n`]],
    ['nothing but a newline', [LINE, '\n', `${LINE}\n`]],
    ['letter by letter', Array.from(`${LINE}\n${LINE}`)],
    ['an empty line first', ['\n', `\n${LINE}\n${LINE}`]],
  ])('has the same events: %s', (_what, pieces) => {
    const { count, summary } = read(...pieces)
    expect({ count, damaged: summary.damaged }).toEqual({ count: 2, damaged: [] })
  })
  it('names its kernel in a banner, which begins its line', () => {
    const banner = 'Linux version 6.12.3-board (gcc) #1 SMP'
    expect(read(`[    0.000000] ${banner}\n${LINE}\n`).kernels).toEqual(['6.12.3-board'])
    expect(read(`${banner}\n${LINE}\n`).kernels).toEqual(['6.12.3-board'])
    expect(read(`it says ${banner}\n${LINE}\n`).kernels).toEqual([])
  })
})

describe('a list that is cut', () => {
  const body = 'dma_map_sg: dev dir=TO_DEVICE'
  it.each([
    ['dma_addrs={0x1000,0x20', { dmaAddrs: [0x1000], sizes: [] }],
    ['dma_addrs={0x1000,0x2000} sizes={0x1000,0x10', { dmaAddrs: [0x1000, 0x2000], sizes: [0x1000] }],
    ['dma_addrs={0x1000,0x2000} sizes={0x1000,0x1000', { dmaAddrs: [0x1000, 0x2000] }],
    [
      'dma_addrs={0x1000} sizes={0x1000} phys_addrs={0x5000,0x60',
      { dmaAddrs: [0x1000], sizes: [0x1000], physAddrs: [0x5000] },
    ],
  ])('keeps what is whole of %s', (rest, kept) => {
    const { events } = readBodies(`${body} ${rest}`)
    expect(events).toHaveLength(1)
    expect(events[0]).toMatchObject({ event: 'dma_map_sg', truncated: true, ...kept })
  })
})

describe('text inside JSON', () => {
  const text = String.raw`{"a": "ftrace", "systemTraceEvents" : "one \"two\"\nthree", "b": 1}`
  const through = (pieces: readonly string[]): string => {
    let out = ''
    const json = createJsonText((more) => (out += more))
    for (const piece of pieces) json.push(piece)
    return out
  }
  it('is the same however it comes', () => {
    const whole = through([text])
    expect(whole).toBe('one "two"\nthree')
    expect(through(Array.from(text))).toBe(whole)
    for (let at = 1; at < text.length; at++) expect(through([text.slice(0, at), text.slice(at)])).toBe(whole)
  })
})

describe('a line that was wrapped', () => {
  const [begin, rest] = [LINE.slice(0, 90), LINE.slice(90)]
  const through = (...lines: readonly string[]) => {
    const out: string[] = []
    const wrapped = createWrapped((line, read) => out.push(`${read === undefined ? '-' : read.event} ${line}`))
    for (const line of lines) wrapped.push(line)
    wrapped.end()
    return out
  }
  it('is put together, and as many lines come out', () => {
    expect(through(begin, rest)).toEqual([`dma_unmap_page ${LINE}`, '- '])
  })
  it.each([['# a comment'], [''], ['   '], ['   other-7 [002] something else']])('ends where %j begins', (next) => {
    const out = through(begin, next, rest)
    expect(out).toHaveLength(3)
    expect(out[1]).toBe(`- ${next}`)
  })
})

it('what a line prints is not written beside it', () => {
  const map = {
    event: 'dma_map_page',
    device: 'dev',
    dir: 'TO_DEVICE',
    dmaAddr: dma(0x1000),
    size: 16,
    attrs: 0,
    physAddr: phys(0x5000),
  } as unknown as EventBody
  const writer = createFtraceWriter('6.12')
  writer.onEvent({ ...map, at: 0 })
  expect(
    writer
      .finish()
      .split('\n')
      .filter((line) => line.includes('physAddr')),
  ).toEqual([])
})
