// Every log of the collection: lines, events by name, entries, against the table that came with it.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Event, ReadSummary } from '@dmalab/api'
import { createReader } from '../src/index.ts'
import { logPath, table } from './files.ts'

const read = (path: string): { readonly summary: ReadSummary; readonly events: readonly Event[] } => {
  const events: Event[] = []
  const reader = createReader({ onEvent: (event) => events.push(event) })
  reader.push(readFileSync(path))
  return { summary: reader.end(), events }
}

/** Counted with grep where the table's own reader could not follow the format. */
const BY_HAND: Readonly<Record<string, Record<string, number>>> = {
  'a64-6.12-variant-fields.trace.txt': {
    dma_map_page: 26,
    dma_map_sg: 6,
    dma_unmap_page: 26,
    dma_unmap_sg: 6,
    map: 176,
    unmap: 32,
  },
  'a64-6.12-variant-latency-format.trace.txt': {
    dma_map_page: 24,
    dma_map_sg: 8,
    dma_unmap_page: 24,
    dma_unmap_sg: 8,
    map: 278,
    tracing_mark_write: 2,
    unmap: 32,
  },
  'a64-6.12-variant-no-irq-info.trace.txt': {
    dma_map_page: 28,
    dma_map_sg: 4,
    dma_unmap_page: 28,
    dma_unmap_sg: 4,
    map: 96,
    tracing_mark_write: 2,
    unmap: 32,
  },
  'a64-6.12-variant-record-tgid.trace.txt': {
    dma_map_page: 28,
    dma_map_sg: 4,
    dma_unmap_page: 28,
    dma_unmap_sg: 4,
    map: 98,
    tracing_mark_write: 2,
    unmap: 32,
  },
  'a64-6.12-variant-raw.trace.txt': { tracing_mark_write: 2 },
  'a64-6.12-variant-trace-cmd-report.txt': { dma_map_sg: 8, dma_unmap_sg: 8 },
  'a64-6.12-variant-trace-cmd-report-raw.txt': { dma_map_sg: 8, dma_unmap_sg: 8 },
}

const countsOf = (row: Readonly<Record<string, string>>): Record<string, number> => {
  const byHand = BY_HAND[row['file'] ?? '']
  if (byHand !== undefined) return byHand
  return Object.fromEntries(
    [...(row['event_counts'] ?? '').matchAll(/(?:^| )(\w+)=(\d+)/g)].map(([, name = '', count]) => [
      name,
      Number(count),
    ]),
  )
}

const entriesOf = ({ entries }: ReadSummary): string =>
  entries === undefined ? 'no header' : `${entries.inBuffer}/${entries.written}`

describe('every log of the collection', () => {
  for (const row of table('traces.csv')) {
    const file = row['file'] ?? ''
    const path = logPath(file)
    it.skipIf(path === undefined)(`${file}: lines, entries and events as in traces.csv`, () => {
      const { summary } = read(path ?? '')
      expect(summary.bytes).toBe(Number(row['bytes']))
      expect(summary.lines).toBe(Number(row['lines']))
      expect(summary.damaged).toEqual([])
      expect(summary.events).toEqual(countsOf(row))
      expect(entriesOf(summary)).toMatch(new RegExp(`^${row['entries_in_buffer/written'] || '.*'}$`))
    })
  }
})

describe('what is special about a format', () => {
  const log = (name: string): ReturnType<typeof read> => {
    const path = logPath(name)
    if (path === undefined) throw new Error(`${name} is missing`)
    return read(path)
  }

  it('raw output has numbers instead of names: they are counted as unknown, by number', () => {
    const { summary } = log('a64-6.12-variant-raw.trace.txt')
    expect(summary.unknownCount).toBe(228)
    expect(summary.unknown['type 359']?.line).toBe(14)
  })
  it('the fields option gives the same event as the text does', () => {
    const { events } = log('a64-6.12-variant-fields.trace.txt')
    expect(events.find(({ event }) => event === 'dma_map_page')).toMatchObject({
      device: '0000:00:03.0',
      dir: 2,
      dmaAddr: 0xfffb_f000,
      size: 4096,
      physAddr: 0x489d_4000,
      attrs: 0,
      pid: 117,
      cpu: 1,
      time: '4.380146',
    })
    expect(events.filter(({ event }) => event === 'dma_map_sg')[1]).toMatchObject({
      nents: 14,
      ents: 1,
      dmaAddrs: [0xffea_0000],
      sizes: [0x2_0000],
      attrs: 256,
    })
  })
  it('a list cut by the kernel at 128 entries keeps its true counts', () => {
    const { events } = log('a64-6.12-media-vmallocout-export-dccap-import.trace.txt')
    const map = events.find((event) => event.event === 'dma_map_sg')
    expect(map).toMatchObject({ nents: 169, ents: 169, truncated: true })
    expect(map?.event === 'dma_map_sg' && map.physAddrs.length).toBe(128)
    const unmap = events.find((event) => event.event === 'dma_unmap_sg')
    expect(unmap?.event === 'dma_unmap_sg' && unmap.physAddrs.length).toBe(169)
  })
  it('trace-cmd shows arrays as bytes where it cannot follow the format', () => {
    for (const name of ['a64-6.12-variant-trace-cmd-report.txt', 'a64-6.12-variant-trace-cmd-report-raw.txt'])
      expect(log(name).events[0]).toMatchObject({
        event: 'dma_map_sg',
        nents: 5,
        ents: 1,
        physAddrs: [0x453a_e000, 0x459f_8000, 0x407a_2000, 0x4596_4000, 0x4077_0000],
        dmaAddrs: [0xffe9_0000],
        sizes: [0x1_0000],
        dir: 2,
        attrs: 256,
        task: 'dd',
        pid: 206,
      })
  })
  it('the latency format gives seconds, task, cpu and interrupt context like the others', () => {
    const { events } = log('a64-6.12-variant-latency-format.trace.txt')
    expect(events.find(({ event }) => event === 'dma_unmap_page')).toMatchObject({
      task: '<idle>',
      pid: 0,
      cpu: 1,
      time: '0.054087',
      interrupt: true,
    })
  })
  it('a tgid column does not disturb the pid', () => {
    const { events } = log('a64-6.12-variant-record-tgid.trace.txt')
    expect(events.find(({ event }) => event === 'dma_map_page')).toMatchObject({
      task: 'dd',
      pid: 61,
      cpu: 0,
      interrupt: false,
    })
  })
  it('without the flags column nothing is said about interrupts', () => {
    const { events } = log('a64-6.12-variant-no-irq-info.trace.txt')
    expect(events[0]).not.toHaveProperty('interrupt')
  })
  it('a header that counts more entries written than kept is a gap before everything else', () => {
    const { summary, events } = log('a64-6.12-variant-overrun-trace-file.trace.txt')
    expect(events[0]).toEqual({ event: 'lost', count: 448, at: 3 })
    expect(summary).toMatchObject({ lost: 448, gaps: 1 })
  })
  const pipe = logPath('a64-6.12-variant-overrun-trace-pipe.trace.txt')
  it.skipIf(pipe === undefined)('LOST lines of trace_pipe are gaps at their lines', () => {
    const { summary, events } = log('a64-6.12-variant-overrun-trace-pipe.trace.txt')
    const gaps = events.filter(({ event }) => event === 'lost')
    expect(gaps.map(({ at }) => at)).toEqual([785, 4410, 4467, 5420, 8501, 8782, 8895, 9680])
    expect(summary).toMatchObject({ lost: 616, gaps: 8 })
  })
  const stacks = logPath('a64-6.12-variant-stacktrace.trace.txt')
  it.skipIf(stacks === undefined)('stack traces between the events are stepped over', () => {
    expect(log('a64-6.12-variant-stacktrace.trace.txt').summary.stackLines).toBe(10_136)
  })
})

describe('the x86 samples', () => {
  const COUNTS: Readonly<Record<string, Record<string, number>>> = {
    'linux-6.12.107-x86_64-direct-nohashptr.storage-net.trace': {
      dma_alloc: 15,
      dma_map_page: 269,
      dma_map_sg: 9,
      dma_unmap_page: 14,
      dma_unmap_sg: 9,
    },
    'linux-7.3.4-x86_64-direct.vb2-dmabuf.trace': {
      dma_alloc: 2,
      dma_buf_detach: 2,
      dma_buf_dynamic_attach: 2,
      dma_buf_export: 3,
      dma_buf_fd: 3,
      dma_buf_get: 4,
      dma_buf_mmap_internal: 1,
      dma_buf_put: 4,
      dma_free: 2,
      dma_map_sg: 2,
      dma_unmap_sg: 2,
      v4l2_dqbuf: 6,
      v4l2_qbuf: 8,
      vb2_buf_done: 8,
      vb2_buf_queue: 8,
      vb2_dqbuf: 6,
      vb2_qbuf: 8,
    },
    'linux-7.3.4-x86_64-swiotlb-force.storage-net.trace': {
      dma_alloc: 15,
      dma_map_phys: 308,
      dma_map_sg: 7,
      dma_unmap_phys: 53,
      dma_unmap_sg: 7,
      swiotlb_bounced: 323,
    },
  }
  for (const [file, counts] of Object.entries(COUNTS)) {
    const path = logPath(file)
    it.skipIf(path === undefined)(`${file}: events by name`, () => {
      expect(read(path ?? '').summary.events).toEqual(counts)
    })
  }
})
