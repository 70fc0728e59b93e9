// Statistics and the Chrome trace, on real logs and on small ones.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { DeviceStats, Event } from '@dmalab/api'
import { createChromeTrace, createReader, createStats } from '../src/index.ts'
import { logPath, table } from './files.ts'

const each = (text: string | Uint8Array, onEvent: (event: Event) => void): void => {
  const reader = createReader({ onEvent })
  reader.push(typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
  reader.end()
}
const log = (name: string): Buffer => readFileSync(logPath(name) ?? name)
const statsOf = (text: string | Uint8Array): readonly DeviceStats[] => {
  const stats = createStats()
  each(text, (event) => stats.onEvent(event))
  return stats.finish().devices
}
interface TraceEvent {
  readonly ph: string
  readonly cat?: string
  readonly name: string
  readonly id?: number
  readonly pid: number
  readonly ts?: number
  readonly args?: Readonly<Record<string, unknown>>
}
const chromeOf = (text: string | Uint8Array): readonly TraceEvent[] => {
  let json = ''
  const trace = createChromeTrace((part) => {
    json += part
  })
  each(text, (event) => trace.onEvent(event))
  trace.finish()
  const { traceEvents }: { traceEvents: readonly TraceEvent[] } = JSON.parse(json)
  return traceEvents
}
const line = (time: string, body: string): string => `            init-1       [001] .....     ${time}: ${body}\n`
const MAP = 'dma_map_page: dev dir=TO_DEVICE dma_addr=fff00000 size=4096 phys_addr=1000 attrs='
const UNMAP = 'dma_unmap_page: dev dir=TO_DEVICE dma_addr=fff00000 size=4096 attrs='
const BOUNCE = 'swiotlb_bounced: dev_name: dev dma_mask=ffffffff dev_addr=1000 size=4096 NORMAL'

describe('statistics', () => {
  it('count operations and bytes of a real log', () => {
    const [nvme] = statsOf(log('a64-6.12-blk-direct-nvme.trace.txt'))
    expect(nvme).toMatchObject({
      operations: { alloc: 2, map: 14, mapSg: 61, unmap: 14, unmapSg: 61 },
      live: { mappings: 0, bytes: 0, allocations: 2 },
      bounceShare: 0,
      iova: null,
    })
    expect(nvme?.sizes.count).toBe(77)
    expect(nvme?.lifetimes.count).toBe(75)
  })
  for (const row of table('traces.csv').filter(({ event_counts: counts }) => /=/.test(counts ?? ''))) {
    const file = row['file'] ?? ''
    const path = logPath(file)
    it.skipIf(path === undefined)(`${file}: operations and what is live as in traces.csv`, () => {
      const devices = statsOf(readFileSync(path ?? ''))
      const inTable = (pattern: RegExp): number =>
        [...(row['event_counts'] ?? '').matchAll(/(\S+)=(\d+)/g)]
          .filter(([, name = '']) => pattern.test(name))
          .reduce((sum, [, , count]) => sum + Number(count), 0)
      const ours = (name: string): number => devices.reduce((sum, { operations }) => sum + (operations[name] ?? 0), 0)
      const counted = ['map', 'unmap', 'mapSg', 'unmapSg', 'alloc', 'free', 'bounce'].map(ours)
      expect(counted).toEqual([
        inTable(/^dma_map_(?:page|phys|resource)$/),
        inTable(/^dma_unmap_(?:page|phys|resource)$/),
        inTable(/^dma_map_sg$/),
        inTable(/^dma_unmap_sg$/),
        inTable(/^dma_alloc/),
        inTable(/^dma_free/),
        inTable(/^swiotlb_bounced$/),
      ])
      // Coherent memory at an address that is handed out again is not live twice: of a pool, or of a block whose IOVA was unmapped.
      const again = /vb2m-(?:a-)?lab[ab]\b|vb2m-b-lab|probe|viol-smmu/.test(file)
      const live = devices.reduce((sum, one) => sum + one.live.mappings + one.live.allocations, 0)
      expect(live).toBeLessThanOrEqual(Number(row['live_at_end']))
      expect(live).toBeGreaterThanOrEqual(again ? 0 : Number(row['live_at_end']))
    })
  }
  it('a bounce that was refused counts for no other mapping', () => {
    const failed = 'dma_map_page: dev dir=TO_DEVICE dma_addr=ffffffffffffffff size=4096 phys_addr=1000 attrs='
    const [dev] = statsOf(line('1.000000', BOUNCE) + line('1.000001', failed) + line('1.000002', MAP))
    expect(dev).toMatchObject({ bounces: 1, bounceShare: 0 })
  })
  it('what was live in a gap is not called live behind it', () => {
    const [dev] = statsOf(`${line('1.000000', MAP)}CPU:0 [LOST 5 EVENTS]\n`)
    expect(dev?.live).toEqual({ mappings: 0, bytes: 0, allocations: 0, allocatedBytes: 0 })
  })
  it('follow so many mappings at once, and count the rest as live', () => {
    const stats = createStats(10)
    const at = (index: number): string => (4096 * (index + 1)).toString(16)
    const map = (index: number): string =>
      line('1.000000', `dma_map_page: dev dir=TO_DEVICE dma_addr=${at(index)} size=4096 phys_addr=${at(index)} attrs=`)
    const text = Array.from({ length: 11 }, (_, index) => map(index)).join('')
    each(text + line('1.000001', `dma_unmap_page: dev dir=TO_DEVICE dma_addr=${at(10)} size=4096 attrs=`), (event) =>
      stats.onEvent(event),
    )
    const { devices, notFollowed } = stats.finish()
    expect([notFollowed, devices[0]?.live.mappings]).toEqual([6, 10])
  })
  it('lifetimes are millionths, sizes powers of two', () => {
    const [dev] = statsOf(line('1.000000', MAP) + line('1.000250', UNMAP))
    expect(dev?.lifetimes).toMatchObject({ count: 1, slots: { 7: 1 } })
    expect(Math.round(dev?.lifetimes.max ?? 0)).toBe(250)
    expect(dev?.sizes).toEqual({ count: 1, min: 4096, max: 4096, slots: { 12: 1 } })
  })
  it('the share of bounced mappings, and addresses that are bounce slots are not IOVA', () => {
    const [dev] = statsOf(
      line('1.000000', BOUNCE) + line('1.000001', MAP) + line('1.000002', UNMAP) + line('1.000003', MAP),
    )
    expect(dev?.bounceShare).toBe(0.5)
    expect(dev?.iova).toEqual({ lowest: 0xfff0_0000, highest: 0xfff0_1000, peakBytes: 4096 })
  })
  it('the time line joins its slices instead of growing', () => {
    const many = Array.from({ length: 5000 }, (_, n) => line(`${1 + n}.000000`, MAP) + line(`${1 + n}.500000`, UNMAP))
    const [dev] = statsOf(many.join(''))
    expect(dev?.overTime.mappings.length).toBeLessThanOrEqual(64)
    expect(Math.max(...(dev?.overTime.mappings ?? []))).toBe(1)
    expect(Math.log2((dev?.overTime.step ?? 0) / 1e-6) % 1).toBe(0)
    expect((dev?.overTime.step ?? 0) * (dev?.overTime.mappings.length ?? 0)).toBeGreaterThan(4000)
  })
  it('the peak is what was live at once', () => {
    const other = MAP.replaceAll('fff00000', 'fff10000')
    expect(statsOf(line('1.000000', MAP) + line('1.000001', other) + line('1.000002', UNMAP))[0]).toMatchObject({
      peak: { mappings: 2, bytes: 8192 },
      live: { mappings: 1, bytes: 4096 },
    })
  })
  it('the peak stays when less is live later, of bus addresses too', () => {
    const [map, unmap] = [MAP, UNMAP].map((body) => body.replaceAll('fff00000', 'fff10000'))
    const bodies = [MAP, map ?? '', unmap ?? '', UNMAP, MAP]
    const [dev] = statsOf(bodies.map((body, i) => line(`1.00000${i}`, body)).join(''))
    expect(dev).toMatchObject({ peak: { mappings: 2, bytes: 8192 }, iova: { peakBytes: 8192 } })
  })
})

describe('the Chrome trace', () => {
  it('every lifetime has a beginning and an end on the track of its device', () => {
    const events = chromeOf(log('a64-6.12-blk-direct-nvme.trace.txt'))
    const of = (ph: string): readonly number[] =>
      events.flatMap((one) => (one.ph === ph ? [one.id ?? -1] : [])).toSorted((a, b) => a - b)
    expect(of('b')).toHaveLength(77)
    expect(of('e')).toEqual(of('b'))
    expect(events.filter(({ ph }) => ph === 'M').map(({ args }) => args?.['name'])).toContain('0000:00:03.0')
  })
  it('times are microseconds; names, bytes and line are in the arguments', () => {
    const begins = chromeOf(line('1.000250', MAP)).find(({ ph }) => ph === 'b')
    expect(begins).toMatchObject({
      ts: 1_000_250,
      name: 'mapping',
      args: { dmaAddr: '0xfff00000', bytes: 4096, dir: 'TO_DEVICE', line: 1 },
    })
  })
  it('bounced mappings and the bounce itself are named', () => {
    expect(chromeOf(line('1.000000', BOUNCE) + line('1.000001', MAP)).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['bounce', 'mapping (bounced)']),
    )
  })
  it('video buffers show who has them', () => {
    const events = chromeOf(log('linux-7.3.4-x86_64-direct.vb2-dmabuf.trace')).filter(({ cat }) => cat === 'vb2')
    expect(new Set(events.map(({ name }) => name))).toEqual(new Set(['queued', 'with the driver', 'done']))
  })
  it('of an empty log is an empty trace', () => {
    expect(chromeOf('')).toEqual([])
  })
})
