// Twins: lines read straight from their bytes give what the plain reader gives.
import { readdirSync, readFileSync } from 'node:fs'
import type { BareListener, Event, ReadSummary } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { createReader } from '../src/index.ts'

const DATA = new URL('data/', import.meta.url)
const NAMES = ['dma_map_page', 'dma_map_phys', 'dma_unmap_page', 'dma_unmap_phys', 'dma_map_sg', 'dma_unmap_sg']

/** What a listener that takes all that it is offered is given. */
class Taker implements BareListener {
  readonly events: Event[] = []
  onMap: BareListener['onMap'] = (event, device, dmaAddr, size, dir, attrs, physAddr, at, pid) =>
    this.take({ at, pid, event, device, dir, dmaAddr, size, attrs, physAddr })
  onUnmap: BareListener['onUnmap'] = (event, device, dmaAddr, size, dir, attrs, at) =>
    this.take({ at, event, device, dir, dmaAddr, size, attrs })
  onName = (): boolean => false
  onBare = (event: Event): boolean => this.take(event)
  onEvent = (event: Event): void => void this.events.push(event)
  taken = 0
  private take(event: Event): boolean {
    this.taken++
    this.events.push(event)
    return true
  }
}

/** The fields that a bare event has. */
const bare = (event: Event): Event => {
  if (!NAMES.includes(event.event)) return event
  const { task: _task, cpu: _cpu, time: _time, ...rest } = event
  if (event.event === 'dma_map_sg' || event.event === 'dma_unmap_sg') return rest as Event
  const { interrupt: _interrupt, ...shorter } = rest
  if (event.event.startsWith('dma_map')) return shorter as Event
  const { pid: _pid, ...shortest } = shorter
  return shortest as Event
}

const read = (text: Uint8Array, taker?: Taker): { events: Event[]; summary: ReadSummary; taken: number } => {
  const events: Event[] = []
  const onEvent = (event: Event): void => void (taker ?? { events }).events.push(event)
  const reader = createReader({ onEvent, bare: taker })
  for (let at = 0; at < text.length; at += 5000) reader.push(text.subarray(at, at + 5000))
  const summary = reader.end()
  return { events: (taker?.events ?? events).map(bare), summary, taken: taker?.taken ?? 0 }
}

const same = (text: Uint8Array): number => {
  const plain = read(text)
  const quick = read(text, new Taker())
  expect(quick.summary).toEqual(plain.summary)
  expect(quick.events).toEqual(plain.events)
  return quick.taken
}

describe('lines read from their bytes', () => {
  const files = readdirSync(DATA).filter((file) => file.includes('trace.txt'))
  it('are what the plain reader reads, in real logs', () => {
    let taken = 0
    for (const file of files) taken += same(readFileSync(new URL(file, DATA)))
    expect(taken).toBeGreaterThan(100)
  })

  it('are left to the plain reader where a byte is not as it should be', () => {
    const lines = readFileSync(new URL('a64-6.12-blk-direct-nvme.trace.txt', DATA), 'latin1')
      .split('\n')
      .filter((line) => NAMES.some((name) => line.includes(`: ${name}:`)))
    let seed = 7
    const upTo = (n: number): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
      return seed % n
    }
    const odd = Array.from({ length: 1500 }, () => {
      const line = lines[upTo(lines.length)] ?? ''
      const at = upTo(line.length)
      const char = String.fromCharCode(...[[32], [48], [102], [125], [0xa0], [44], [61], [46], [upTo(256)]][upTo(9)]!)
      const cut = upTo(4)
      if (cut === 0) return line.slice(0, at)
      return cut === 1 ? line.slice(0, at) + char + line.slice(at) : line.slice(0, at) + char + line.slice(at + 1)
    })
    // The head of a log decides how it is read.
    const head = `${lines.join('\n')}\n`.repeat(2)
    const text = `${head}${odd.join('\n')}\n`
    expect(same(Uint8Array.from(text, (char) => char.charCodeAt(0)))).toBeGreaterThan(80)
  })
})
