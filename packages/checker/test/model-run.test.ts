// Rules over the events of a model run: what `end` turns into a leak, and what went visibly wrong.
import { DIR, type Event, type EventBody } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { createChecker, type CheckReport } from '../src/index.ts'

const SESSION: EventBody = {
  event: 'session',
  machine: 'm',
  kernel: 'arm@4.11',
  lineSize: 64,
  memory: [{ base: 0x4000_0000, len: 0x1000_0000 }],
  pools: [{ name: 'pool', base: 0x6000_0000, len: 0x10_0000 }],
  devices: [{ name: 'dev', coherent: false, maskBits: 32, ops: 'arm', maxSegmentSize: 65536, segmentBoundary: 0xffff }],
}
export const check = (bodies: readonly EventBody[]): CheckReport => {
  const checker = createChecker()
  for (const [index, body] of [SESSION, ...bodies].entries()) checker.onEvent({ ...body, at: index } as Event)
  return checker.finish()
}
const codes = (bodies: readonly EventBody[]): readonly string[] => check(bodies).findings.map(({ code }) => code)

const map = (dmaAddr: number, size = 4096, dir: number = DIR.TO_DEVICE): EventBody => ({
  event: 'dma_map_page',
  device: 'dev',
  dir,
  dmaAddr,
  size,
  physAddr: dmaAddr,
  attrs: 0,
})
const unmap = (dmaAddr: number, size = 4096, dir: number = DIR.TO_DEVICE): EventBody => ({
  event: 'dma_unmap_page',
  device: 'dev',
  dir,
  dmaAddr,
  size,
  attrs: 0,
})
const alloc = (dmaAddr: number, pool?: string): EventBody => ({
  event: 'dma_alloc',
  device: 'dev',
  dir: DIR.BIDIRECTIONAL,
  dmaAddr,
  size: 8192,
  virtAddr: '0xc0de0000',
  flags: 'GFP_KERNEL',
  attrs: 0,
  ...(pool === undefined ? {} : { pool }),
})
const buf = { expName: 'vb2', size: 8192, ino: 7 }
const attach: EventBody = {
  event: 'dma_buf_dynamic_attach',
  ...buf,
  attachment: 'a1',
  isDynamic: false,
  device: 'dev',
}

describe('at the end of a run', () => {
  it('a mapping that was undone is no leak', () => {
    expect(codes([map(0x4000_0000), unmap(0x4000_0000), { event: 'end' }])).toEqual([])
  })
  it('a mapping that was not undone is a leak, and its step is named', () => {
    const { findings } = check([map(0x4000_0000), { event: 'end' }])
    expect(findings).toEqual([
      {
        code: 'leak-mapping',
        severity: 'error',
        device: 'dev',
        message: 'dev: mapping 0x40000000 (4 KiB, TO_DEVICE) was never unmapped',
        evidence: [1, 2],
      },
    ])
  })
  it('coherent memory, from the page allocator or from a pool, must be freed', () => {
    expect(codes([alloc(0x4000_0000), alloc(0x6000_0000, 'pool'), { event: 'end' }])).toEqual([
      'leak-coherent',
      'leak-coherent',
    ])
  })
  it('memory given back to its pool is no leak', () => {
    const free: EventBody = { event: 'pool_free', device: 'dev', pool: 'pool', dmaAddr: 0x6000_0000, size: 8192 }
    expect(codes([alloc(0x6000_0000, 'pool'), free, { event: 'end' }])).toEqual([])
  })
  it('a dma-buf that was not released and its attachment are leaks', () => {
    expect(codes([{ event: 'dma_buf_export', ...buf }, attach, { event: 'end' }])).toEqual([
      'leak-dma-buf',
      'leak-attachment',
    ])
  })
  it('a released dma-buf with an attachment leaks the attachment only', () => {
    const release: EventBody = { event: 'dma_buf_release', ...buf }
    expect(codes([{ event: 'dma_buf_export', ...buf }, attach, release, { event: 'end' }])).toEqual(['leak-attachment'])
  })
  it('a stream that stops without an end has live mappings, not leaks', () => {
    const { findings, summary } = check([map(0x4000_0000)])
    expect(findings.map(({ code, severity }) => [code, severity])).toEqual([['live-at-end', 'info']])
    expect(summary.live).toBe(1)
  })
})

describe('what went visibly wrong', () => {
  const access = { event: 'device_access', device: 'dev', write: true, dmaAddr: 0x4000_0000, size: 4096 } as const
  it('wrong bytes are reported with their count and first offset', () => {
    const { findings } = check([{ ...access, write: false, wrong: 64, firstWrong: 128, buffer: 'frame 3' }])
    expect(findings[0]).toMatchObject({
      code: 'wrong-bytes',
      message: 'frame 3: dev read 4 KiB at 0x40000000: 64 bytes are wrong, the first at offset 128',
    })
  })
  it('an access that compared equal is no finding', () => {
    expect(
      codes([
        map(0x4000_0000, 4096, DIR.FROM_DEVICE),
        { ...access, wrong: 0 },
        unmap(0x4000_0000, 4096, DIR.FROM_DEVICE),
      ]),
    ).toEqual([])
  })
  it('memory of somebody else is named', () => {
    const found = check([map(0x4000_0000, 4096, DIR.FROM_DEVICE), { ...access, foreign: 'page cache' }]).findings
    expect(found.find(({ code }) => code === 'foreign-memory')?.message).toContain('belongs to page cache')
  })
  it('an oops shows function, address and path', () => {
    const oops = {
      address: '0xa5a5a5a4',
      function: 'arch_sync_dma_for_cpu',
      callPath: ['dma_sync_sg_for_cpu', 'vb2_dc_finish'],
      reason: 'paging request',
      text: [],
    } as const
    expect(check([{ event: 'oops', oops }]).findings[0]?.message).toBe(
      'paging request at 0xa5a5a5a4 in arch_sync_dma_for_cpu (called from dma_sync_sg_for_cpu <- vb2_dc_finish)',
    )
  })
  it('a page pointer that is none is type confusion', () => {
    const event: EventBody = {
      event: 'type_confusion',
      what: 'kernel address',
      virtAddr: '0xf0800000',
      read: 'flags 0x0',
    }
    expect(codes([event])).toEqual(['type-confusion'])
  })
})
