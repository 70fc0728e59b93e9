// What the writer prints is what a kernel prints, and reading it back gives the same events.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { TRACE_FORMATS, type Event, type EventBody, type TraceRelease } from '@dmalab/api'
import { createFtraceWriter, createReader, printEvent } from '../src/index.ts'
import { logPath, table } from './files.ts'

const read = (text: string | Uint8Array): readonly Event[] => {
  const events: Event[] = []
  const reader = createReader({ onEvent: (event) => events.push(event) })
  reader.push(typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
  expect(reader.end().damaged).toEqual([])
  return events
}
const written = (events: readonly Event[], format?: TraceRelease): string => {
  const writer = createFtraceWriter(format)
  for (const event of events) writer.onEvent(event)
  return writer.finish()
}
const releaseOf = (file: string): TraceRelease => (/7\.3/.test(file) ? '7.3' : /7\.2/.test(file) ? '7.2' : '6.12')
/** The page pointers of CMA are not part of an event, and 7.x adds counts of its area. */
const comparable = (line: string): string =>
  line
    .replace(/page=\w+/, 'page=')
    .replace(/request_count=(\d+) available_count=\d+ total_count=\d+/, 'count=$1')
    .replace(/timecode = \{.*\}, /, '')

describe('logs of real kernels, read and written again', () => {
  const files = [...table('traces.csv').map(({ file }) => file ?? ''), 'linux-7.3.4-x86_64-direct.vb2-dmabuf.trace']
  for (const file of files.filter((name) => !/variant|report/.test(name))) {
    const path = logPath(file)
    it.skipIf(path === undefined)(`${file}: line by line the same text`, () => {
      const text = readFileSync(path ?? '', 'latin1')
      const format: TraceRelease = releaseOf(file)
      const printed = read(text).map((event) => {
        const line = printEvent(event, TRACE_FORMATS[format])
        return comparable(`${line?.name}: ${line?.body}`)
      })
      const original = text
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => comparable(line.slice(line.search(/\d: [a-z_0-9]+: /) + 3)))
      // A list cut at 128 entries prints 128; what is behind was never known.
      expect(printed).toEqual(original)
    })
    it.skipIf(path === undefined)(`${file}: the same events after writing and reading`, () => {
      const events = read(readFileSync(path ?? ''))
      const format: TraceRelease = releaseOf(file)
      expect(read(written(events, format))).toEqual(events)
    })
  }
})

describe('a modelled run', () => {
  const session: EventBody = {
    event: 'session',
    machine: 'm',
    kernel: 'arm@4.11',
    lineSize: 64,
    physAddrBits: 32,
    dmaDebug: '4.11',
    traceFormat: '6.12',
    memory: [{ base: 0, len: 4096 }],
    pools: [],
    devices: [],
  }
  const run: readonly Event[] = (
    [
      session,
      { event: 'step', what: 'REQBUFS', device: 'mfc' },
      {
        event: 'dma_alloc',
        device: 'mfc',
        dir: 0,
        dmaAddr: 0x5100_0000,
        size: 4096,
        virtAddr: '0xf0800000',
        flags: 'GFP_KERNEL',
        attrs: 0,
        pool: 'left',
        physAddr: 0x5100_0000,
      },
      { event: 'device_access', device: 'mfc', write: true, dmaAddr: 0x5100_0000, size: 64, wrong: 3 },
      {
        event: 'cpu_access',
        task: 'app',
        write: false,
        virtAddr: '0xb6f00000',
        physAddr: 0x5100_0000,
        size: 64,
        mapping: 'cached',
      },
      { event: 'dma_map_phys', device: 'mfc', dir: 1, dmaAddr: 1, size: 2, physAddr: 3, attrs: 1024 },
      { event: 'oops', oops: { address: '0x0', function: 'f', callPath: ['g'], reason: 'BUG', text: ['line'] } },
      { event: 'pool_free', device: 'mfc', pool: 'left', dmaAddr: 0x5100_0000, size: 4096 },
      { event: 'end' },
    ] satisfies readonly EventBody[]
  ).map((body, index) => ({ ...body, at: index * 3 }) as Event)

  it('comes back with its steps, and with what no kernel prints', () => {
    const bare = read(written(run, '7.3')).map(
      ({ task: _t, pid: _p, cpu: _c, time: _s, interrupt: _i, ...event }) => event,
    )
    expect(bare).toEqual(run.map((event) => (event.event === 'cpu_access' ? omitTask(event) : event)))
  })
  const omitTask = ({ task: _task, ...event }: Extract<Event, { event: 'cpu_access' }>): unknown => event
  it('keeps the task of a CPU access', () => {
    expect(read(written(run)).find(({ event }) => event === 'cpu_access')).toMatchObject({ task: 'app' })
  })
  it('has the form of its kernel: one event for pages and resources since 6.18, two before', () => {
    const lines = (traceFormat: TraceRelease): string =>
      written(run.map((event) => (event.event === 'session' ? { ...event, traceFormat } : event)))
    expect(lines('6.12')).toContain('dma_map_resource: mfc dir=TO_DEVICE dma_addr=1 size=2 phys_addr=3 attrs=\n')
    for (const release of ['6.18', '7.2', '7.3'] as const)
      expect(lines(release)).toContain('dma_map_phys: mfc dir=TO_DEVICE dma_addr=1 size=2 phys_addr=3 attrs=MMIO\n')
  })
  it('counts its entries in the header', () => {
    expect(written(run)).toContain(`# entries-in-buffer/entries-written: ${run.length + 1}/${run.length + 1}   #P:1`)
  })
})

describe('markers that only look like ours', () => {
  const marker = (text: string): readonly Event[] =>
    read(`            init-1       [000] .....     0.000001: tracing_mark_write: ${text}\n`)
  it('stay markers when a field is missing or has another type', () => {
    for (const text of [
      'dmalab: {"event":"session"}',
      'dmalab: {"event":"oops","oops":{}}',
      'dmalab: {"event":"device_access","device":1}',
      'dmalab: {"event":"with","virtAddr":1}',
      'dmalab: {"event":"dma_map_page"}',
      'dmalab: [1',
      'dmalab: null',
    ])
      expect(marker(text)).toMatchObject([{ event: 'marker', text }])
  })
})
