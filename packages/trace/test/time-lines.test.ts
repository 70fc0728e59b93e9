// What Perfetto is given, event by event, and what a gap does to lifetimes.
import type { Event, EventBody } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { createChromeTrace } from '../src/chrome-trace.ts'
import { Lifetimes, timeOf, type Lifetime } from '../src/lifetimes.ts'

const at = (line: number, body: EventBody, time?: string): Event =>
  ({ ...body, at: line, ...(time === undefined ? {} : { time, task: 'app', pid: 7 }) }) as Event
const map: EventBody = {
  event: 'dma_map_page',
  device: 'dev',
  dir: 1,
  dmaAddr: 0xfff0_0000,
  size: 4096,
  physAddr: 0x1000,
  attrs: 32,
}
const unmap: EventBody = { event: 'dma_unmap_page', device: 'dev', dir: 1, dmaAddr: 0xfff0_0000, size: 4096, attrs: 32 }
const list: EventBody = {
  event: 'dma_map_sg',
  device: 'dev',
  dir: 2,
  attrs: 0,
  nents: 2,
  ents: 2,
  truncated: false,
  dmaAddrs: [0x8000, 0xa000],
  sizes: [4096, 512],
  physAddrs: [0x8000, 0xa000],
}
const block: EventBody = {
  event: 'dma_alloc',
  device: 'dev',
  dir: 0,
  dmaAddr: 0x1_0000,
  size: 8192,
  virtAddr: 'c0de0000',
  flags: 'GFP_KERNEL',
  attrs: 0,
}
const lost: EventBody = { event: 'lost', count: 3 }
const vb2 = (event: 'vb2_qbuf' | 'vb2_buf_queue' | 'vb2_buf_done' | 'vb2_dqbuf', bytesused = 0): EventBody => ({
  event,
  owner: 'q',
  queued: 1,
  ownedByDriver: 0,
  index: 4,
  type: 2,
  bytesused,
  timestamp: 0,
})

const chromeOf = (...events: readonly Event[]): readonly Record<string, unknown>[] => {
  let json = ''
  const trace = createChromeTrace((text) => void (json += text))
  for (const event of events) trace.onEvent(event)
  trace.finish()
  return (JSON.parse(json) as { traceEvents: Record<string, unknown>[] }).traceEvents
}

describe('the Chrome trace', () => {
  it('a mapping begins, counts live bytes, and ends, on the process of its device', () => {
    const id = { cat: 'mapping', name: 'mapping', id: 1, pid: 1, tid: 1 }
    expect(chromeOf(at(1, map, '1.000250'), at(2, unmap, '1.000500'))).toEqual([
      { ph: 'M', name: 'process_name', pid: 1, args: { name: 'dev' } },
      {
        ph: 'b',
        ...id,
        ts: 1_000_250,
        args: { dmaAddr: '0xfff00000', bytes: 4096, dir: 'TO_DEVICE', attrs: 'SKIP_CPU_SYNC', line: 1, task: 'app-7' },
      },
      { ph: 'C', name: 'live bytes', pid: 1, ts: 1_000_250, args: { bytes: 4096 } },
      { ph: 'e', ...id, ts: 1_000_500 },
      { ph: 'C', name: 'live bytes', pid: 1, ts: 1_000_500, args: { bytes: 0 } },
    ])
  })
  it('a step of a run counts as a microsecond, and has no task', () => {
    const [, begin] = chromeOf(at(5, list))
    expect(begin).toMatchObject({ ph: 'b', cat: 'list', ts: 5, args: { bytes: 4608, line: 5 } })
    expect(begin?.['args']).not.toHaveProperty('task')
  })
  it('a video buffer is with user space, the driver, or done; each state ends the one before', () => {
    const slices = chromeOf(
      at(1, vb2('vb2_qbuf')),
      at(2, vb2('vb2_buf_queue')),
      at(3, vb2('vb2_buf_done', 99)),
      at(4, vb2('vb2_dqbuf')),
    )
    const id = (n: number, name: string) => ({ cat: 'vb2', name, id: n, tid: 1 })
    expect(slices.filter(({ cat }) => cat === 'vb2')).toMatchObject([
      { ph: 'b', ...id(1, 'queued'), ts: 1, args: { index: 4, type: 2, bytesused: 0, line: 1 } },
      { ph: 'e', ...id(1, 'queued'), ts: 2 },
      { ph: 'b', ...id(2, 'with the driver'), ts: 2 },
      { ph: 'e', ...id(2, 'with the driver'), ts: 3 },
      { ph: 'b', ...id(3, 'done'), ts: 3, args: { index: 4, type: 2, bytesused: 99, line: 3 } },
      { ph: 'e', ...id(3, 'done'), ts: 4 },
    ])
  })
  it('markers, bounces and gaps are moments; a gap ends what was live', () => {
    const bounce: EventBody = {
      event: 'swiotlb_bounced',
      device: 'dev',
      dmaMask: 1,
      devAddr: 0x1000,
      size: 512,
      force: false,
    }
    const events = chromeOf(
      at(1, { event: 'marker', text: 'begin' }),
      at(2, bounce),
      at(3, map),
      at(4, lost),
      at(5, unmap),
      at(6, { event: 'lost', count: undefined }),
    )
    const process = (name: string): unknown =>
      events.find(({ ph, args }) => ph === 'M' && (args as { name: string }).name === name)?.['pid']
    expect(events.filter(({ ph }) => ph === 'i')).toEqual([
      { ph: 'i', s: 'p', cat: 'event', name: 'begin', pid: process('markers'), tid: 1, ts: 1, args: { line: 1 } },
      {
        ph: 'i',
        s: 'p',
        cat: 'event',
        name: 'bounce',
        pid: process('dev'),
        tid: 1,
        ts: 2,
        args: { bytes: 512, address: '0x1000', line: 2 },
      },
      {
        ph: 'i',
        s: 'p',
        cat: 'event',
        name: 'events lost',
        pid: process('markers'),
        tid: 1,
        ts: 3,
        args: { count: 3 },
      },
      {
        ph: 'i',
        s: 'p',
        cat: 'event',
        name: 'events lost',
        pid: process('markers'),
        tid: 1,
        ts: 5,
        args: { count: 'unknown' },
      },
    ])
    expect(events.filter(({ ph }) => ph === 'b').map(({ name }) => name)).toEqual(['mapping (bounced)'])
    expect(events.filter(({ ph }) => ph === 'e').map(({ ts }) => ts)).toEqual([3])
    expect(events.filter(({ ph }) => ph === 'C').map(({ args }) => (args as { bytes: number }).bytes)).toEqual([
      4096, 0, 0,
    ])
  })
  it('what is live at the end ends there', () => {
    expect(chromeOf(at(1, map), at(2, { event: 'marker', text: 'x' })).filter(({ ph }) => ph === 'e')).toMatchObject([
      { ts: 2 },
    ])
  })
})

describe('lifetimes', () => {
  const lives = (events: readonly EventBody[], limit?: number) => {
    const [began, ended]: [Lifetime[], Lifetime[]] = [[], []]
    const all = new Lifetimes({ began: (life) => void began.push(life), ended: (life) => void ended.push(life) }, limit)
    for (const [i, body] of events.entries()) all.onEvent({ ...body, at: i + 1 } as Event)
    return {
      began,
      ended: ended.map((life) => life.at),
      live: [...all.live()].map((life) => life.at),
      notFollowed: all.notFollowed,
    }
  }
  it('know kind, size and whether the address was translated', () => {
    expect(lives([map, list, block]).began).toMatchObject([
      { kind: 'mapping', size: 4096, dmaAddr: 0xfff0_0000, translated: true, bounced: false, attrs: 32, dir: 1 },
      { kind: 'list', size: 4608, dmaAddr: 0x8000, translated: false },
      { kind: 'coherent', size: 8192, dmaAddr: 0x1_0000, translated: false },
    ])
  })
  it('end with the unmap that fits, the newest first, and by their kind', () => {
    expect(lives([map, map, unmap, unmap, unmap])).toMatchObject({ ended: [2, 1], live: [] })
    const away: EventBody = { event: 'dma_unmap_sg', device: 'dev', dir: 2, attrs: 0, physAddrs: [0x8000] }
    expect(lives([list, away]).ended).toEqual([1])
    expect(lives([list, { ...away, device: 'other' } as EventBody]).ended).toEqual([])
    expect(lives([list, { ...away, physAddrs: [0x9000] } as EventBody]).ended).toEqual([])
    const free: EventBody = {
      event: 'dma_free',
      device: 'dev',
      dir: 0,
      dmaAddr: 0x1_0000,
      size: 8192,
      virtAddr: 'c0de0000',
      attrs: 0,
    }
    expect(lives([block, free]).ended).toEqual([1])
  })
  it('a block whose address is handed out again came back to its pool', () => {
    expect(lives([block, block])).toMatchObject({ ended: [1], live: [2] })
  })
  it('failures begin none', () => {
    const refused = [
      { ...map, dmaAddr: 2 ** 64 },
      { ...map, dmaAddr: 2 ** 32 - 1 },
      { ...block, virtAddr: '0000000000000000' },
    ] as EventBody[]
    expect(lives(refused).began).toEqual([])
  })
  it('a gap forgets all: what ends behind it is not known', () => {
    expect(lives([map, lost, unmap, map])).toMatchObject({ ended: [], live: [4] })
  })
  it('so many are followed; of more, the older half is forgotten', () => {
    const many = Array.from({ length: 5 }, (_, n) => ({ ...map, dmaAddr: n * 4096 }) as EventBody)
    expect(lives(many, 4)).toMatchObject({ live: [4, 5], notFollowed: 3 })
    expect(lives(many, 5)).toMatchObject({ live: [1, 2, 3, 4, 5], notFollowed: 0 })
    expect(lives([...many, lost, ...many], 5).notFollowed).toBe(0)
  })
  it('time is that of the log, or the step', () => {
    expect(timeOf(at(3, map))).toBe(3)
    expect(timeOf(at(3, map, '4.5'))).toBe(4.5)
  })
})
