// Every form in which people have a trace gives the same events as the kernel's own text, with the numbers of the lines where they stand.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Event, ReadSummary } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { createReader } from '../../src/index.ts'

const BODIES: readonly (readonly [system: string, name: string, body: string])[] = [
  ['dma', 'dma_map_page', '0000:00:03.0 dir=TO_DEVICE dma_addr=42345000 size=4096 phys_addr=42345000 attrs='],
  ['swiotlb', 'swiotlb_bounced', 'dev_name: 0000:00:03.0 dma_mask=ffffffff dev_addr=142345000 size=4096 NORMAL'],
  ['dma_fence', 'dma_fence_init', 'driver=etnaviv timeline=e.gpu context=3 seqno=7'],
  [
    'vb2',
    'vb2_qbuf',
    'owner = 00000000571a6715, queued = 1, owned_by_drv = 0, index = 0, type = 2, bytesused = 614400, timestamp = 3233423000',
  ],
  ['iommu', 'map', 'IOMMU: iova=0x00000000fff00000 - 0x00000000fff01000 paddr=0x0000000042345000 size=4096'],
  ['dma', 'dma_unmap_page', '0000:00:03.0 dir=TO_DEVICE dma_addr=42345000 size=2048 attrs='],
]

type Line = (system: string, name: string, body: string, index: number) => string | readonly string[]

const encoded = (text: string): Uint8Array => new TextEncoder().encode(text)
const read = (bytes: Uint8Array): { events: Event[]; summary: ReadSummary } => {
  const events: Event[] = []
  const reader = createReader({ onEvent: (event) => events.push(event) })
  for (let at = 0; at < bytes.length; at += 1000) reader.push(bytes.subarray(at, at + 1000))
  return { events, summary: reader.end() }
}
const linesOf = (line: Line): readonly string[] =>
  BODIES.flatMap(([system, name, body], index) => line(system, name, body, index))
const bare = ({ at: _at, task: _task, pid: _pid, cpu: _cpu, time: _time, interrupt: _interrupt, ...event }: Event) =>
  event

const PLAIN: Line = (_system, name, body, index) =>
  `          ffmpeg-1234    [001] d..1.   ${100 + index}.123456: ${name}: ${body}`
const REFERENCE = read(encoded(linesOf(PLAIN).join('\n'))).events

/** `frame`: what of it the form holds. */
const FORMS: Readonly<
  Record<string, { readonly line: Line; readonly frame: readonly string[]; readonly head?: string }>
> = {
  'leading blanks stripped': {
    line: (...args) => String(PLAIN(...args)).trimStart(),
    frame: ['task', 'pid', 'cpu', 'time', 'interrupt'],
  },
  'blanks collapsed': {
    line: (...args) =>
      String(PLAIN(...args))
        .trim()
        .replaceAll(/ +/g, ' '),
    frame: ['task', 'pid', 'cpu', 'time', 'interrupt'],
  },
  tabs: {
    line: (...args) => String(PLAIN(...args)).replaceAll(/ {2,}/g, '\t'),
    frame: ['task', 'pid', 'cpu', 'time', 'interrupt'],
  },
  'quoted mail': {
    line: (...args) => `> > ${String(PLAIN(...args))}`,
    frame: ['task', 'pid', 'cpu', 'time', 'interrupt'],
  },
  'an instance in front': {
    line: (...args) => `capture: ${String(PLAIN(...args))}`,
    frame: ['task', 'pid', 'cpu', 'time', 'interrupt'],
  },
  'a file in front, as grep has it': {
    line: (...args) => `out.trace:12:${String(PLAIN(...args))}`,
    frame: ['task', 'pid', 'cpu', 'time', 'interrupt'],
  },
  nanoseconds: {
    line: (...args) => String(PLAIN(...args)).replace('.123456:', '.123456789:'),
    frame: ['task', 'pid', 'cpu', 'interrupt'],
  },
  'ANSI colours': {
    line: (...args) => `\u001b[32m${String(PLAIN(...args))}\u001b[0m`,
    frame: ['task', 'pid', 'cpu', 'time', 'interrupt'],
  },
  'HTML entities': {
    line: (...args) => `&gt; ${String(PLAIN(...args))}`,
    frame: ['task', 'pid', 'cpu', 'time', 'interrupt'],
  },
  'Android, with groups': {
    line: (...args) => String(PLAIN(...args)).replace('-1234    [001]', '-1234  ( 1200) [001]'),
    frame: ['task', 'pid', 'cpu', 'time', 'interrupt'],
  },
  'perf script': {
    line: (system, name, body, index) =>
      `          ffmpeg    1234 [001]   ${100 + index}.123456: ${`${system}:${name}`.padStart(24)}: ${body}`,
    frame: ['task', 'pid', 'cpu', 'time'],
  },
  'perf script, pid/tid and period': {
    line: (system, name, body, index) =>
      `ffmpeg  1200/1234  [001] ${100 + index}.123456:          1 ${system}:${name}: ${body}`,
    frame: ['task', 'pid', 'cpu', 'time'],
  },
  'perf script, no cpu': {
    line: (system, name, body, index) => `ffmpeg  1234 ${100 + index}.123456: ${system}:${name}: ${body}`,
    frame: ['task', 'pid', 'time'],
  },
  'perf script, time and event': {
    line: (system, name, body, index) => `${100 + index}.123456: ${system}:${name}: ${body}`,
    frame: ['time'],
  },
  'perf script, cpu and event': { line: (system, name, body) => `[001] ${system}:${name}: ${body}`, frame: ['cpu'] },
  'perf script, events alone': { line: (system, name, body) => `${system}:${name}: ${body}`, frame: [] },
  'perf script with call chains': {
    line: (system, name, body, index) => [
      `ffmpeg  1234 [001] ${100 + index}.123456: ${system}:${name}: ${body}`,
      '\tffffffff8115d4a0 dma_map_page_attrs+0x1a0 ([kernel.kallsyms])',
      '',
    ],
    frame: ['task', 'pid', 'cpu', 'time'],
  },
  'perf trace': {
    line: (system, name, body, index) => `   ${(100 + index) * 1000}.123 ffmpeg/1234 ${system}:${name}:${body})`,
    frame: ['task', 'pid'],
  },
  'function graph': {
    line: (_system, name, body) => [
      ' 1)               |  dma_map_page_attrs() {',
      ` 1)               |    /* ${name}: ${body} */`,
      ' 1)   1.234 us    |  }',
    ],
    frame: ['cpu'],
    head: '# tracer: function_graph\n#',
  },
  'function graph with task and time': {
    line: (_system, name, body, index) =>
      `  ${100 + index}.123456 |   1)   ffmpeg-1234  |               |    /* ${name}: ${body} */`,
    frame: ['task', 'pid', 'cpu', 'time'],
  },
  'oops dump in a kernel log': {
    line: (_system, name, body, index) =>
      `[  101.00000${index}]   ffmpeg-1234      1d..1. ${index}0us : ${name}: ${body}`,
    frame: ['task', 'pid', 'cpu', 'interrupt'],
    head: '[  100.9] Oops\n[  101.000000] Dumping ftrace buffer:\n[  101.000001] ---------------------------------',
  },
  'oops dump by syslog': {
    line: (_system, name, body, index) =>
      `Nov 29 10:00:00 board kernel: <4>[  101.00000${index}][ T1234]   ffmpeg-1234      1d..1. ${index}0us!: ${name}: ${body}`,
    frame: ['task', 'pid', 'cpu', 'interrupt'],
  },
  'verbose times': {
    line: (_system, name, body, index) =>
      `          ffmpeg    1234   1 1 00000001 0000000${index} [0000abcd] 10012${index}.456ms (+0.001ms): ${name}: ${body}`,
    frame: ['task', 'pid', 'cpu'],
  },
  'wrapped at 80 columns': {
    line: (...args) => wrapped(String(PLAIN(...args)), 80),
    frame: ['task', 'pid', 'cpu', 'time', 'interrupt'],
  },
  'wrapped at 70 columns, quoted': {
    line: (...args) => wrapped(String(PLAIN(...args)), 70).map((line) => `> ${line}`),
    frame: ['task', 'pid', 'cpu', 'time', 'interrupt'],
  },
  'cut by a terminal': {
    line: (...args) => String(PLAIN(...args)).match(/.{1,90}/g) ?? [],
    frame: ['task', 'pid', 'cpu', 'time', 'interrupt'],
  },
}

/** At blanks, as mail programs do. */
function wrapped(line: string, width: number): readonly string[] {
  const out: string[] = []
  let rest = line
  while (rest.length > width) {
    const blank = rest.lastIndexOf(' ', width)
    const cut = blank > 40 ? blank : width
    out.push(rest.slice(0, cut))
    rest = rest.slice(cut).trimStart()
  }
  return [...out, rest]
}

describe.each(Object.entries(FORMS))('%s', (_name, { line, frame, head }) => {
  const text = [...(head === undefined ? [] : [head]), ...linesOf(line)].join('\n')

  it.each(['', '\r\n', 'utf-16', 'utf-16 without mark', 'mark'])('gives the events (%s)', (how) => {
    const raw = how === '\r\n' ? text.replaceAll('\n', '\r\n') : text
    const wide = Buffer.from(`${how === 'utf-16' ? '\ufeff' : ''}${raw}`, 'utf16le')
    const bytes = how.startsWith('utf-16') ? wide : encoded(`${how === 'mark' ? '\ufeff' : ''}${raw}`)
    const { events, summary } = read(bytes)
    expect(events.map(bare)).toEqual(REFERENCE.map(bare))
    expect(summary).toMatchObject({ damagedCount: 0, lost: 0, bytes: bytes.length })
    const kept = ['task', 'pid', 'cpu', 'time', 'interrupt'] as const
    for (const key of kept.filter((each) => frame.includes(each) && each !== 'time'))
      expect(events.map((event) => event[key])).toEqual(REFERENCE.map((event) => event[key]))
    expect(
      events.every((event) => kept.every((key) => frame.includes(key) || key === 'time' || event[key] === undefined)),
    ).toBe(true)
    const written = text.split('\n')
    for (const event of events)
      expect(written[event.at - 1]).toContain(
        event.event === 'map' ? 'map:' : written[event.at - 1]?.trim().slice(0, 4),
      )
  })
})

describe('bodies of older kernels', () => {
  it.each([
    [
      'map: IOMMU: iova=0x00000000fff00000 paddr=0x0000000042345000 size=4096',
      { iova: 0xfff00000, end: 0xfff01000, physAddr: 0x42345000 },
    ],
    ['unmap: IOMMU: iova=0x00000000fff00000 size=4096 unmapped_size=4096', { end: 0xfff01000, unmappedSize: 4096 }],
    [
      'cma_alloc: pfn=5e000 page=ffffffe001d00000 count=16 align=4',
      { event: 'cma_alloc_finish', pfn: 0x5e000, count: 16 },
    ],
    ['cma_release: name=reserved pfn=5e000 page=0000000012345678 count=16', { name: 'reserved', pfn: 0x5e000 }],
    [
      'swiotlb_bounced: dev_name: 0000:00:03.0 dma_mask=ffffffff dev_addr=142345000 size=4096 swiotlb_force',
      { force: true },
    ],
    ['swiotlb_bounced: dev_name: 0000:00:03.0 dma_mask=ffffffff dev_addr=142345000 size=4096 ', { force: false }],
    [
      'swiotlb_bounced: dev_name: 0000:00:03.0 dma_mask=ffffffff dev_addr=142345000 size=4096 NO_FORCE',
      { force: false },
    ],
    ['fence_init: driver=etnaviv timeline=e.gpu context=3 seqno=7', { event: 'dma_fence_init', seqno: 7 }],
    [
      'vb2_qbuf: owner = ffff880123, queued = 1, owned_by_drv = 0, index = 0, type = 1, bytesused = 10',
      { index: 0, timestamp: 0 },
    ],
  ])('%s', (text, expected) => {
    const { events, summary } = read(encoded(`          ffmpeg-1234  [001] d..1   100.123456: ${text}\n`))
    expect(summary.damagedCount).toBe(0)
    expect(events).toMatchObject([expected])
  })

  it('perf trace with fields', () => {
    const { events } = read(
      encoded(
        '     0.012 ffmpeg/1234 dma:dma_map_page(device: "0000:00:03.0", phys_addr: 1110724608, dma_addr: 1110724608, size: 4096, dir: 1, attrs: 0)\n',
      ),
    )
    expect(events).toMatchObject([
      { event: 'dma_map_page', device: '0000:00:03.0', dmaAddr: 0x42345000, dir: 1, pid: 1234, time: '0.000012' },
    ])
  })
})

const SHAPES = join(import.meta.dirname, '../../../../../shared/field/trace-shapes')
describe.skipIf(!existsSync(SHAPES))('shapes from the field', () => {
  it.each(existsSync(SHAPES) ? readdirSync(SHAPES) : [])('%s', (file) => {
    const { events, summary } = read(readFileSync(join(SHAPES, file)))
    expect(summary.damagedCount).toBe(0)
    expect(events.length).toBeGreaterThan(1)
  })
})

describe('JSON for viewers', () => {
  const text =
    '# tracer: nop\n#\n     kworker/0:1-100   (  100) [000] ...1 269.430000: dma_map_page: soc:vpu dir=FROM_DEVICE dma_addr=80180000 size=4096 phys_addr=1000 attrs=\n'
  const json = JSON.stringify({ traceEvents: [{ name: 'a "quoted\\" name', ph: 'X' }], systemTraceEvents: text, x: 1 })
  it.each([1, 7, 64, 100_000])('holds the text of ftrace, read in pieces of %i bytes', (piece) => {
    const events: string[] = []
    const reader = createReader({ onEvent: ({ event }) => void events.push(event) })
    const bytes = new TextEncoder().encode(json)
    for (let at = 0; at < bytes.length; at += piece) reader.push(bytes.subarray(at, at + piece))
    expect(reader.end().lines).toBe(3)
    expect(events).toEqual(['dma_map_page'])
  })
})
