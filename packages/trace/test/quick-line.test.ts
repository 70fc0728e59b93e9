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

describe('lines as the kernel prints them are all read from their bytes', () => {
  const HEAD = '            init-1       [001] d.h1.     4.390004: '
  const bytes = (lines: readonly string[]): Uint8Array =>
    Uint8Array.from(`${lines.join('\n')}\n`, (char) => char.charCodeAt(0))
  /** How many of them are, when the log begins as logs do. */
  const takenOf = (...lines: string[]): number => {
    const first = Array.from({ length: 4 }, () => `${HEAD}dma_unmap_page: a dir=NONE dma_addr=0 size=0 attrs=`)
    return same(bytes([...first, ...lines])) - first.length
  }
  const MAP = 'dma_map_page: 0000:00:02.0 dir=BIDIRECTIONAL dma_addr=421c8000 size=1024 phys_addr=421c9000 attrs='
  const SG =
    'dma_map_sg: dev dir=FROM_DEVICE nents=2/2 ents=1/1 dma_addrs={0x1000} sizes={0x2000} phys_addrs={0x8000,0x9000} attrs='

  it.each([
    ['a page', MAP],
    ['with attributes', `${MAP}SKIP_CPU_SYNC|NO_WARN|0x8000`],
    ['an address', MAP.replace('dma_map_page', 'dma_map_phys')],
    ['an unmap', 'dma_unmap_page: dev dir=TO_DEVICE dma_addr=ffffe000 size=4096 attrs='],
    ['an unmap of an address', 'dma_unmap_phys: dev dir=FROM_DEVICE dma_addr=ffffe000 size=4096 attrs=MMIO'],
    ['a list', SG],
    ['a list with attributes', `${SG}SKIP_CPU_SYNC`],
    ['an unmap of a list', 'dma_unmap_sg: dev dir=NONE phys_addrs={0x8000,0x9000,0xabcdef0} attrs='],
    ['a device of one letter', MAP.replace('0000:00:02.0', 'd')],
    ['a device behind blanks', MAP.replace('0000:00:02.0', '   dev~!')],
    ['a long address', MAP.replace('421c8000', '1fffffffff000')],
    ['a size of 15 digits', MAP.replace('size=1024', 'size=999999999999999')],
    [
      'addresses of seven, eight and thirteen digits',
      SG.replace('0x8000,0x9000', '0x8000000,0x80000000,0x1fffffffff000'),
    ],
    ['one address', SG.replace('0x8000,0x9000', '0x0')],
  ])('%s', (_, body) => {
    expect(takenOf(HEAD + body, HEAD + body)).toBe(2)
  })

  it.each([
    ['of another task', ' kworker/u8:2-ev-12345   [003] ..s1. 12345.678901: ', 2],
    ['of a pid of nine digits', ' kworker/u8:2-ev-123456789 [003] .....     1.000000: ', 2],
    ['of a pid of ten digits', ' kworker/u8:2-ev-1234567890 [003] .....     1.000000: ', 0],
    ['with three flags', '            init-1       [001] d.h     4.390004: ', 2],
    // A single mapping does not look at flags; of a list they tell of interrupts.
    ['with two flags', '            init-1       [001] d.     4.390004: ', 1],
    ['without flags', '            init-1       [001]     4.390004: ', 1],
    ['with an address for flags', '            init-1       [001] -0x1     4.390004: ', 1],
    ['with a thread group', '            init-1     (    1) [001] .....     4.390004: ', 0],
    ['of a clock that counts', '            init-1       [001] .....           42: ', 2],
  ] as const)('%s', (_, head, count) => {
    expect(takenOf(head + MAP, head + SG)).toBe(count)
  })

  it.each([
    ['another event', MAP.replace('dma_map_page', 'dma_map_resource')],
    ['a direction that is none', MAP.replace('BIDIRECTIONAL', 'TO_DEVICES')],
    ['no device', MAP.replace('0000:00:02.0 ', ' ')],
    ['a device with an equals sign', MAP.replace('0000:00:02.0', 'a=b')],
    ['a long address', MAP.replace('421c8000', '1fffffffff0000')],
    ['no address', MAP.replace('421c8000', '')],
    ['a size of 16 digits', MAP.replace('size=1024', 'size=1000000000000000')],
    ['a size that is none', MAP.replace('size=1024', 'size=x')],
    ['capital letters', MAP.replace('421c8000', '421C8000')],
    ['attributes with a blank', `${MAP}A B`],
    ['no attributes', MAP.replace(' attrs=', '')],
    ['an address without 0x', SG.replace('0x1000', '1000')],
    ['an address of 14 digits', SG.replace('0x1000', '0x10000000000000')],
    ['an address that is none', SG.replace('0x1000', '0x')],
    ['a list that is not closed', SG.slice(0, SG.indexOf(',0x9000') + 7)],
    ['no numbers of entries', SG.replace('nents=2/2 ents=1/1 ', '')],
    ['a number of entries alone', SG.replace('nents=2/2', 'nents=2')],
    ['another separator', SG.replace('0x8000,0x9000', '0x8000;0x9000')],
  ])('%s is left to the plain reader', (_, body) => {
    expect(takenOf(HEAD + body)).toBe(0)
  })

  it('a line as long as the kernel’s buffer twice over is, and a longer one is not', () => {
    const long = (length: number): string => {
      const line = `${HEAD}dma_unmap_sg: dev dir=NONE phys_addrs={0x1} attrs=`
      return line.replace('0x1}', `${'0x1,'.repeat(Math.floor((length - line.length) / 4))}0x1}`)
    }
    const [just, over] = [long(2 ** 14), long(2 ** 14 + 8)]
    expect([just.length <= 2 ** 14, over.length > 2 ** 14]).toEqual([true, true])
    expect([takenOf(just), takenOf(over)]).toEqual([1, 0])
  })

  it('what a listener does not want is read the plain way', () => {
    const refusing = new Taker()
    Object.assign(refusing, { onMap: () => false, onUnmap: () => false, onBare: () => false })
    const lines = [MAP, SG].map((body) => HEAD + body)
    const { events, summary } = read(bytes(lines), refusing)
    expect(events).toEqual(read(bytes(lines)).events)
    expect(summary.events).toEqual({ dma_map_page: 1, dma_map_sg: 1 })
  })
})
