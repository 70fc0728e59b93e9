// The order of events of a modelled media run against recorded ones: per buffer, without addresses, times and threads.
import type { Event } from '@dmalab/api'
import { createReader } from '@dmalab/trace'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { openBench, passFrames } from './sharing-bench.ts'

const recorded = (file: string): Event[] => {
  const events: Event[] = []
  const reader = createReader({ onEvent: (event) => events.push(event) })
  reader.push(readFileSync(new URL(`data/${file}`, import.meta.url)))
  reader.end()
  return events
}

/** Which buffers an event is about: `capture 2`, `output 0`. */
interface Told {
  readonly buffer: string
  readonly what: string
}

const VB2 = ['vb2_qbuf', 'vb2_buf_queue', 'vb2_buf_done', 'vb2_dqbuf']

/** What an event says of a buffer. Memory is the capture node's; the output node imports it in the order of its exports. */
const tell = (events: readonly Event[]): Told[] => {
  const memory: number[] = []
  const told: Told[] = []
  const imported: number[] = []
  for (const event of events) {
    const add = (side: string, index: number): void => void told.push({ buffer: `${side} ${index}`, what: event.event })
    switch (event.event) {
      case 'dma_alloc':
        memory.push(event.dmaAddr)
        add('capture', memory.length - 1)
        break
      case 'dma_free':
        add('capture', memory.indexOf(event.dmaAddr))
        break
      case 'dma_map_sg':
      case 'dma_unmap_sg':
        add('output', memory.indexOf(event.physAddrs[0] ?? -1))
        break
      case 'dma_buf_export':
      case 'dma_buf_fd':
        if (!imported.includes(event.ino)) imported.push(event.ino)
        add('capture', imported.indexOf(event.ino))
        break
      case 'dma_buf_get':
      case 'dma_buf_put':
      case 'dma_buf_dynamic_attach':
      case 'dma_buf_detach':
        add('output', imported.indexOf(event.ino))
        break
      case 'vb2_qbuf':
      case 'vb2_buf_queue':
      case 'vb2_buf_done':
      case 'vb2_dqbuf':
        add(event.type === 1 ? 'capture' : 'output', event.index)
        break
      default:
    }
  }
  return told
}

/** Every step that some buffer of a side takes, from its first event to its last: `vb2_buf_done -> vb2_dqbuf`. */
const steps = (told: readonly Told[], side: string): Set<string> => {
  const last = new Map<string, string>()
  const found = new Set<string>()
  for (const { buffer, what } of told) {
    if (!buffer.startsWith(side)) continue
    found.add(`${last.get(buffer) ?? 'start'} -> ${what}`)
    last.set(buffer, what)
  }
  for (const what of last.values()) found.add(`${what} -> end`)
  return found
}

const of = (told: readonly Told[], what: string): number => told.filter((one) => one.what === what).length

const without = (told: readonly Told[], pattern: RegExp): Told[] => told.filter(({ what }) => !pattern.test(what))

const modelled = (exporter: string, importer: string): Event[] => {
  const bench = openBench('arm64@6.12')
  passFrames(bench, exporter, importer, 11, 4)
  return bench.events
}

describe.each([
  ['a64-6.12-media-dccap-export-dcout-import.trace.txt', /^dma_buf_/],
  ['a64-7.2-media-dccap-export-dcout-import.trace.txt', /^dma_buf_release$/],
])('contiguous to contiguous: %s', (file, absent) => {
  const real = without(tell(recorded(file)), absent)
  const model = without(tell(modelled('n', 'n')), absent)

  test.each(['capture', 'output'])(
    'every step of a buffer on the %s node is one the kernel takes, and none is missing',
    (side) => {
      const [theirs, ours] = [steps(real, side), steps(model, side)]
      // Which buffers are with the driver when the stream stops is a matter of timing.
      const timing = (step: string): boolean =>
        /-> (end|dma_free|dma_unmap_sg)$|^vb2_buf_done -> |-> vb2_buf_done$/.test(step)
      expect([...ours].filter((step) => !timing(step)).toSorted(byText)).toEqual(
        [...theirs].filter((step) => !timing(step)).toSorted(byText),
      )
      for (const step of [...ours].filter(timing)) expect(TIMED).toContain(step)
      for (const step of [...theirs].filter(timing)) expect(TIMED).toContain(step)
    },
  )

  test('a buffer is allocated, mapped and unmapped once, however often it is queued', () => {
    for (const told of [real, model]) {
      expect([of(told, 'dma_alloc'), of(told, 'dma_map_sg'), of(told, 'dma_unmap_sg'), of(told, 'dma_free')]).toEqual([
        4, 4, 4, 4,
      ])
      expect(of(told, 'vb2_qbuf')).toBeGreaterThan(12)
    }
  })

  test('the V4L2 core tells of each buffer what it told then: flags, and interlacing once the driver has said it', () => {
    const kinds = (events: readonly Event[]): Set<string> =>
      new Set(
        events.flatMap((event) =>
          event.event === 'v4l2_qbuf' || event.event === 'v4l2_dqbuf'
            ? [`${event.event} ${event.type} ${event.flags} ${event.type === 'VIDEO_CAPTURE' ? event.field : ''}`]
            : [],
        ),
      )
    expect([...kinds(modelled('n', 'n'))].toSorted(byText)).toEqual([...kinds(recorded(file))].toSorted(byText))
  })

  test('all memory is there before the first buffer is queued, and goes after the last mapping went', () => {
    for (const told of [real, model]) {
      const names = told.map(({ what }) => what)
      expect(names.lastIndexOf('dma_alloc')).toBeLessThan(names.indexOf('vb2_qbuf'))
      expect(names.lastIndexOf('dma_unmap_sg')).toBeLessThan(names.indexOf('dma_free'))
    }
  })

  test('the importer’s table is mapped without cache maintenance, towards the device', () => {
    for (const events of [recorded(file), modelled('n', 'n')]) {
      const maps = events.filter((event) => event.event === 'dma_map_sg')
      expect(maps.map(({ dir, nents, attrs }) => [dir, nents, attrs])).toEqual(maps.map(() => [1, 1, 32]))
    }
  })
})

/** Steps around the end of a stream, each of which a kernel takes or not by when it is stopped. */
const TIMED = [
  'vb2_buf_queue -> vb2_buf_done',
  'vb2_buf_done -> vb2_dqbuf',
  'vb2_buf_done -> dma_free',
  'vb2_buf_done -> dma_unmap_sg',
  'vb2_dqbuf -> dma_free',
  'vb2_dqbuf -> dma_unmap_sg',
  'dma_free -> end',
  'dma_unmap_sg -> end',
  'dma_buf_put -> end',
]

const byText = (a: string, b: string): number => a.localeCompare(b)

test('between drivers that copy with the CPU there is no list to map: a64-6.12-media-vmalloccap-export-vmallocout-import', () => {
  for (const events of [
    recorded('a64-6.12-media-vmalloccap-export-vmallocout-import.trace.txt'),
    modelled('vm', 'vm'),
  ]) {
    const told = tell(events)
    expect([of(told, 'dma_alloc'), of(told, 'dma_map_sg')]).toEqual([0, 0])
    expect(VB2.map((what) => of(told, what) > 0)).toEqual([true, true, true, true])
  }
})
