import type { Event } from '@dmalab/api'
import { describe, expect, test } from 'vitest'
import { fragmentOf, readFragment, timelineOf, unpacked } from '../src/view.ts'

const alloc = (at: number, dmaAddr: number): Event => ({
  at,
  event: 'dma_alloc',
  device: 'codec',
  dir: 0,
  dmaAddr,
  size: 8192,
  attrs: 0,
  virtAddr: '0xf000_0000',
  flags: 'GFP_KERNEL',
})
const map = (at: number, device: string, dmaAddr: number, physAddr: number): Event => ({
  at,
  event: 'dma_map_page',
  device,
  dir: 1,
  dmaAddr,
  size: 4096,
  attrs: 0,
  physAddr,
})

describe('a time line', () => {
  test('keeps a buffer from its allocation to its end', () => {
    const events: readonly Event[] = [
      alloc(1, 0x4000_0000),
      {
        at: 2,
        event: 'dma_free',
        device: 'codec',
        dir: 0,
        dmaAddr: 0x4000_0000,
        size: 8192,
        attrs: 0,
        virtAddr: '0xf000_0000',
      },
    ]
    expect(timelineOf(events).buffers).toMatchObject([
      { kind: 'coherent', device: 'codec', from: 0, to: 1, size: 8192 },
    ])
  })

  test('gives a buffer to the device that maps it, and back to the CPU at a sync', () => {
    const { bars, lanes, ticks } = timelineOf([
      map(1, 'disk', 0x9000_0000, 0x5000_0000),
      { at: 2, event: 'dma_sync_single_for_cpu', device: 'disk', dir: 1, dmaAddr: 0x9000_0000, size: 4096 },
    ])
    expect(lanes.map(({ name }) => name)).toEqual(['CPU and user space', 'disk'])
    expect(bars).toMatchObject([
      {
        lane: 1,
        to: null,
        owners: [
          [0, 'device'],
          [1, 'cpu'],
        ],
      },
    ])
    expect(ticks).toMatchObject([{ event: 1, kind: 'sync' }])
  })

  test('draws an import from the exporter to the importer, and takes its mapping for the same buffer', () => {
    const identity = { expName: 'videobuf2', size: 8192, ino: 7 }
    const { arrows, buffers, bars, touched } = timelineOf([
      alloc(1, 0x4000_0000),
      { at: 1, event: 'dma_buf_export', ...identity },
      { at: 2, event: 'dma_buf_dynamic_attach', ...identity, attachment: '1', isDynamic: false, device: 'display' },
      {
        at: 2,
        event: 'dma_map_sg',
        device: 'display',
        dir: 1,
        nents: 1,
        ents: 1,
        truncated: false,
        dmaAddrs: [0x4000_0000],
        sizes: [8192],
        physAddrs: [0x1_8000_0000],
        attrs: 0,
      },
    ])
    expect(arrows).toEqual([{ event: 2, from: 1, to: 2, buffer: 0 }])
    expect(buffers).toHaveLength(1)
    expect(bars.map(({ kind }) => kind)).toEqual(['home', 'mapping'])
    expect([...touched]).toEqual([0, 0, 0, 0])
  })

  test('marks a mapping that was bounced, and a refusal', () => {
    const { bars, ticks } = timelineOf([
      {
        at: 1,
        event: 'swiotlb_bounced',
        device: 'nic',
        dmaMask: 0xffff_ffff,
        devAddr: 0x1_0000_0000,
        size: 4096,
        force: false,
      },
      map(1, 'nic', 0xa000_0000, 0x1_0000_0000),
      map(2, 'nic', 0xffff_ffff, 0x1_0000_1000),
    ])
    expect(bars).toMatchObject([{ bounced: true }])
    expect(ticks.map(({ kind }) => kind)).toEqual(['bounce', 'refused'])
  })
})

describe('an address', () => {
  test('is refused when it holds no run, or a damaged one', async () => {
    await expect(readFragment('#event=3')).rejects.toThrow('the address holds no run')
    await expect(readFragment('#run=AAAA')).rejects.toThrow('cannot be read')
  })

  test('does not unfold without a limit', async () => {
    const fragment = await fragmentOf({ spec: { x: 'a'.repeat(100_000) } as never, look: {} })
    await expect(unpacked(fragment.replace('run=', ''), 1000)).rejects.toThrow('more than 1000 bytes')
  })
})
