// A small log as Chrome trace JSON, in full: what begins and ends when, on which line of which process.
import type { Event } from '@dmalab/api'
import { expect, it, test } from 'vitest'
import { createChromeTrace, createReader } from '../src/index.ts'

const chrome = (feed: (onEvent: (event: Event) => void) => void): { text: string; events: readonly object[] } => {
  let text = ''
  const trace = createChromeTrace((part) => (text += part))
  feed((event) => trace.onEvent(event))
  trace.finish()
  const { traceEvents }: { traceEvents: readonly object[] } = JSON.parse(text)
  return { text, events: traceEvents }
}
const ofLog = (...lines: readonly string[]) =>
  chrome((onEvent) => {
    const reader = createReader({ onEvent })
    reader.push(Buffer.from(lines.map((line) => `${line}\n`).join('')))
    reader.end()
  })
const HEAD = '            init-1       [001] .....     '
const VB2 = 'owner = q, queued = 1, owned_by_drv = 2, index = 3, type = 4, bytesused = 5, timestamp = 6'
const LOG = [
  '1.000000: dma_map_page: dev dir=TO_DEVICE dma_addr=fff00000 size=4096 phys_addr=1000 attrs=SKIP_CPU_SYNC',
  '1.000001: swiotlb_bounced: dev_name: dev dma_mask=ffffffff dev_addr=2000 size=16 NORMAL',
  '1.000002: dma_map_page: dev dir=FROM_DEVICE dma_addr=80 size=16 phys_addr=2000 attrs=',
  '1.000003: dma_alloc: two dir=BIDIRECTIONAL dma_addr=5000 size=64 virt_addr=ff flags=x attrs=',
  '1.000004: dma_unmap_page: dev dir=FROM_DEVICE dma_addr=80 size=16 attrs=',
  `1.000005: vb2_qbuf: ${VB2}`,
  `1.000006: vb2_buf_queue: ${VB2}`,
  `1.000007: vb2_dqbuf: ${VB2}`,
  `1.000008: vb2_buf_done: ${VB2}`,
  '1.000009: tracing_mark_write: hello',
].map((line) => `${HEAD}${line}`)
const LIST =
  '1.000010: dma_map_sg: dev dir=TO_DEVICE nents=1/1 ents=1/1 dma_addrs={0x7000} sizes={0x20} phys_addrs={0x7000} attrs='

it('has a process a device, with lifetimes, bounces and live bytes, and one for video buffers', () => {
  const { text, events } = ofLog(...LOG, 'CPU:1 [LOST 5 EVENTS]', `${HEAD}${LIST}`)
  expect(text).toMatch(/^\{"displayTimeUnit":"ms","traceEvents":\[\n\{"ph":"M".*\},\n\{[^]*\n\]\}\n$/)
  const process = (pid: number, name: string) => ({ ph: 'M', name: 'process_name', pid, args: { name } })
  const live = (pid: number, ts: number, bytes: number) => ({ ph: 'C', name: 'live bytes', pid, ts, args: { bytes } })
  const begin = (cat: string, name: string, id: number, pid: number, ts: number, args: object) => ({
    ph: 'b',
    cat,
    name,
    id,
    pid,
    tid: 1,
    ts,
    args,
  })
  const end = (cat: string, name: string, id: number, pid: number, ts: number) => ({
    ph: 'e',
    cat,
    name,
    id,
    pid,
    tid: 1,
    ts,
  })
  const instant = (name: string, pid: number, ts: number, args: object) => ({
    ph: 'i',
    s: 'p',
    cat: 'event',
    name,
    pid,
    tid: 1,
    ts,
    args,
  })
  const args = (dmaAddr: string, bytes: number, dir: string, line: number, attrs = '') => ({
    dmaAddr,
    bytes,
    dir,
    attrs,
    line,
    task: 'init-1',
  })
  const buffer = (line: number) => ({ index: 3, type: 4, bytesused: 5, line })
  const T = 1_000_000
  expect(events).toEqual([
    process(1, 'dev'),
    begin('mapping', 'mapping', 1, 1, T, args('0xfff00000', 4096, 'TO_DEVICE', 1, 'SKIP_CPU_SYNC')),
    live(1, T, 4096),
    instant('bounce', 1, T + 1, { bytes: 16, address: '0x2000', line: 2 }),
    begin('mapping', 'mapping (bounced)', 2, 1, T + 2, args('0x80', 16, 'FROM_DEVICE', 3)),
    live(1, T + 2, 4112),
    process(2, 'two'),
    begin('coherent', 'coherent', 3, 2, T + 3, args('0x5000', 64, 'BIDIRECTIONAL', 4)),
    live(2, T + 3, 64),
    end('mapping', 'mapping (bounced)', 2, 1, T + 4),
    live(1, T + 4, 4096),
    process(3, 'vb2 queue q'),
    begin('vb2', 'queued', 4, 3, T + 5, buffer(6)),
    end('vb2', 'queued', 4, 3, T + 6),
    begin('vb2', 'with the driver', 5, 3, T + 6, buffer(7)),
    end('vb2', 'with the driver', 5, 3, T + 7),
    begin('vb2', 'done', 6, 3, T + 8, buffer(9)),
    process(4, 'markers'),
    instant('hello', 4, T + 9, { line: 10 }),
    // A gap has no time: it lies behind the event before it.
    instant('events lost', 4, T + 9, { count: 5 }),
    end('mapping', 'mapping', 1, 1, T + 9),
    end('coherent', 'coherent', 3, 2, T + 9),
    live(1, T + 9, 0),
    live(2, T + 9, 0),
    begin('list', 'list', 7, 1, T + 10, args('0x7000', 32, 'TO_DEVICE', 12)),
    live(1, T + 10, 32),
    end('list', 'list', 7, 1, T + 10),
  ])
})

test('an unknown number of lost events, ticks of a counting clock, and steps of a run', () => {
  const lost = ofLog(LOG[0] ?? '', 'CPU:1 [EVENTS DROPPED]').events
  expect(lost).toContainEqual(expect.objectContaining({ name: 'events lost', args: { count: 'unknown' } }))
  const ticks = ofLog(`${HEAD}       42: tracing_mark_write: x`).events
  expect(ticks.at(-1)).toMatchObject({ name: 'x', ts: 42 })
  const steps = chrome((onEvent) => {
    onEvent({ event: 'session', at: 3 } as Event)
    onEvent({ event: 'marker', text: 'x', at: 7 } as Event)
    onEvent({
      event: 'dma_map_page',
      device: 'd',
      dir: 1,
      dmaAddr: 1,
      size: 2,
      physAddr: 1,
      attrs: 0,
      at: 9,
    } as unknown as Event)
  }).events
  expect(steps).toMatchObject([
    { ph: 'M' },
    { name: 'x', ts: 7 },
    { ph: 'M' },
    { ph: 'b', ts: 9, args: { dmaAddr: '0x1', bytes: 2, line: 9 } },
    { ph: 'C', ts: 9 },
    { ph: 'e', ts: 9 },
  ])
  expect(JSON.stringify(steps)).not.toContain('task')
  expect(chrome(() => {}).text).toBe('{"traceEvents":[]}\n')
})

test('a run that begins behind others gives a gap no time of its own', () => {
  const events = chrome((onEvent) => {
    onEvent({ event: 'marker', text: 'x', time: '2.5', at: 7 } as Event)
    onEvent({ event: 'session', at: 8 } as Event)
    onEvent({ event: 'lost', at: 9 } as Event)
  }).events
  expect(events).toMatchObject([{ ph: 'M' }, { name: 'x', ts: 2_500_000 }, { name: 'events lost', ts: 2_500_000 }])
})
