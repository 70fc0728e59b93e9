// Rules over the events of a model run: what `end` turns into a leak, and what went visibly wrong.
import { DIR, type EventBody } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { alloc, check, codes, deviceAccess, map, POOL, RAM, unmap } from './events.ts'

const END: EventBody = { event: 'end' }
const buf = { expName: 'vb2', size: 8192, ino: 7 }
const attachment = { ...buf, attachment: 'a1', isDynamic: false, device: 'dev' }

describe('at the end of a run', () => {
  it('a mapping that was undone is not a leak', () => {
    expect(codes([map(RAM), unmap(RAM), END])).toEqual([])
  })
  it('a mapping that was not undone is a leak, and its step is named', () => {
    expect(check([map(RAM), END]).findings).toEqual([
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
    expect(codes([alloc(RAM), alloc(POOL, { pool: 'pool' }), END])).toEqual(['leak-coherent', 'leak-coherent'])
  })
  it('memory given back to its pool is not a leak', () => {
    const poolFree: EventBody = { event: 'pool_free', device: 'dev', pool: 'pool', dmaAddr: POOL, size: 8192 }
    expect(codes([alloc(POOL, { pool: 'pool' }), poolFree, END])).toEqual([])
    expect(codes([alloc(POOL, { pool: 'pool' }), poolFree, poolFree, END])).toEqual(['pool-double-free'])
  })
  it('a pool that hands out what is in use is told apart from one that hands it out again', () => {
    const twice = [alloc(POOL, { pool: 'pool' }), alloc(POOL + 4096, { pool: 'pool' })]
    expect(codes([...twice, END])).toContain('pool-overlap')
    expect(codes([alloc(POOL, { pool: 'pool', size: 4096 }), alloc(POOL + 4096, { pool: 'pool' }), END])).not.toContain(
      'pool-overlap',
    )
  })
  it('a dma-buf that was not released and its attachment are leaks', () => {
    expect(
      codes([{ event: 'dma_buf_export', ...buf }, { event: 'dma_buf_dynamic_attach', ...attachment }, END]),
    ).toEqual(['leak-dma-buf', 'leak-attachment'])
  })
  it('a dma-buf that was detached and released is none', () => {
    const life: readonly EventBody[] = [
      { event: 'dma_buf_export', ...buf },
      { event: 'dma_buf_dynamic_attach', ...attachment },
      { event: 'dma_buf_detach', ...attachment },
      { event: 'dma_buf_release', ...buf },
      END,
    ]
    expect(codes(life)).toEqual([])
    expect(codes(life.filter(({ event }) => event !== 'dma_buf_detach'))).toEqual(['leak-attachment'])
    expect(codes(life.filter(({ event }) => event !== 'dma_buf_dynamic_attach'))).toEqual(['dma-buf-detach-unattached'])
  })
  it('a dma-buf used after its release is named', () => {
    expect(
      codes([
        { event: 'dma_buf_export', ...buf },
        { event: 'dma_buf_release', ...buf },
        { event: 'dma_buf_get', ...buf, fd: 3 },
      ]),
    ).toEqual(['dma-buf-use-after-put'])
  })
  it('a stream that stops without an end has live mappings, not leaks', () => {
    const { findings, summary } = check([map(RAM)])
    expect(findings.map(({ code, severity }) => [code, severity])).toEqual([['live-at-end', 'info']])
    expect(summary.live).toBe(1)
  })
})

describe('what went visibly wrong', () => {
  const held = map(RAM, { dir: DIR.BIDIRECTIONAL })
  const access = { event: 'device_access', device: 'dev', write: true, dmaAddr: RAM, size: 4096 } as const
  it('wrong bytes are reported with their count and first offset', () => {
    const { findings } = check([held, { ...access, write: false, wrong: 64, firstWrong: 128, buffer: 'frame 3' }])
    expect(findings.find(({ code }) => code === 'wrong-bytes')?.message).toBe(
      'frame 3: dev read 4 KiB at 0x40000000: 64 bytes are wrong, the first at offset 128',
    )
  })
  it('a difference in the first byte is told with offset 0', () => {
    const { findings } = check([held, { ...access, write: false, wrong: 1, firstWrong: 0 }])
    expect(findings.find(({ code }) => code === 'wrong-bytes')?.message).toMatch(/the first at offset 0$/)
  })
  it('an access that compared equal is not a finding', () => {
    expect(codes([held, { ...access, wrong: 0 }, unmap(RAM, { dir: DIR.BIDIRECTIONAL })])).toEqual([])
  })
  it('the owner of foreign memory is named', () => {
    const { findings } = check([held, { ...access, foreign: 'page cache' }])
    expect(findings.find(({ code }) => code === 'foreign-memory')?.message).toContain('belongs to page cache')
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
  it('a page pointer that is not a page is type confusion', () => {
    const event: EventBody = {
      event: 'type_confusion',
      what: 'kernel address',
      virtAddr: '0xf0800000',
      read: 'flags 0x0',
    }
    expect(codes([event])).toEqual(['type-confusion'])
  })
  it('an access of memory that was never mapped is told apart from one after the unmap', () => {
    expect(codes([deviceAccess(true, RAM)])).toEqual(['device-access-unmapped'])
    expect(codes([map(RAM), unmap(RAM), deviceAccess(false, RAM + 64, 64)])).toEqual(['device-access-after-unmap'])
  })
})
