// What is said of shared buffers, queues, fences and of what a kernel does wrong, word for word, with the steps that prove it.
import { type EventBody } from '@dmalab/api'
import { describe, expect, it, test } from 'vitest'
import { check, map, RAM, said } from './events.ts'
const END: EventBody = { event: 'end' }

type Row = readonly [string, readonly EventBody[], readonly string[]]

const log = { session: undefined }
describe('shared buffers', () => {
  const buf = { expName: 'vb2', size: 8192, ino: 7 }
  const made: EventBody = { event: 'dma_buf_export', ...buf }
  const gone: EventBody = { event: 'dma_buf_release', ...buf }
  const attach: EventBody = {
    event: 'dma_buf_dynamic_attach',
    ...buf,
    attachment: 'a1',
    isDynamic: false,
    device: 'dev',
  }
  const detach: EventBody = { ...attach, event: 'dma_buf_detach' } as EventBody
  const NAME = 'dma-buf 7 of vb2 (8 KiB)'
  test.each<Row>([
    [
      'used after their end',
      [made, gone, { event: 'dma_buf_get', ...buf, fd: 3 }, { event: 'dma_buf_put', ...buf }, attach],
      [
        `dma-buf-use-after-put ${NAME} was looked up after its last reference went at step 2 @2,3`,
        `dma-buf-use-after-put ${NAME} was put after its last reference went at step 2 @2,4`,
        `dma-buf-use-after-put ${NAME} was attached after its last reference went at step 2 @2,5`,
      ],
    ],
    ['made again under the same number', [made, gone, made, { event: 'dma_buf_get', ...buf, fd: 3 }, gone, END], []],
    [
      'left behind',
      [made, attach, END, END],
      [`leak-dma-buf ${NAME} was never released @1,3`, `leak-attachment dev: still attached to ${NAME} @2,3`],
    ],
    ['released while attached', [made, attach, gone], [`leak-attachment dev: still attached to ${NAME} @2,3`]],
    [
      'detached twice',
      [made, attach, detach, detach, gone],
      [`dma-buf-detach-unattached dev: ${NAME} was detached but is not attached @1,4`],
    ],
    [
      'that a stop left',
      [made, attach, { event: 'end', stoppedAt: 'queue' }, END],
      [`leak-dma-buf ${NAME} with 1 attachments not released: the run stopped at 'queue' @1,3`],
    ],
    ['of which a stop left none', [made, gone, { event: 'end', stoppedAt: 'queue' }], []],
    [
      'known from before a gap',
      [made, attach, gone, { event: 'lost', count: undefined }, { event: 'dma_buf_get', ...buf, fd: 3 }, detach, END],
      [
        `leak-attachment dev: still attached to ${NAME} @2,3`,
        'log-incomplete an unknown number of events are missing: what crosses a gap is not checked @4',
      ],
    ],
  ])('%s', (_what, events, wanted) => {
    expect(said(events)).toEqual(wanted)
  })
})

describe('buffers of a queue', () => {
  const vb2 = (event: 'vb2_qbuf' | 'vb2_buf_queue' | 'vb2_buf_done' | 'vb2_dqbuf', index = 0, type = 1): EventBody => ({
    event,
    owner: 'q',
    queued: 1,
    ownedByDriver: 0,
    index,
    type,
    bytesused: 0,
    timestamp: 0,
  })
  test.each<Row>([
    [
      'done before the driver has it',
      [vb2('vb2_qbuf'), vb2('vb2_buf_done')],
      ['vb2-state buffer 0 of queue q (type 1): vb2_buf_done while it is queued @1,2'],
    ],
    [
      'taken twice',
      [vb2('vb2_buf_done'), vb2('vb2_dqbuf'), vb2('vb2_dqbuf')],
      ['vb2-state buffer 0 of queue q (type 1): vb2_dqbuf while it is taken @2,3'],
    ],
    [
      'each for itself, by index and type',
      [
        vb2('vb2_qbuf'),
        vb2('vb2_buf_queue', 1),
        vb2('vb2_buf_queue', 0, 2),
        vb2('vb2_buf_done', 1),
        vb2('vb2_buf_done', 0, 2),
      ],
      [],
    ],
    [
      'after a gap',
      [vb2('vb2_qbuf'), { event: 'lost', count: 1 }, vb2('vb2_dqbuf')],
      ['log-incomplete 1 events are missing: what crosses a gap is not checked @2'],
    ],
  ])('%s', (_what, events, wanted) => {
    expect(said(events, log)).toEqual(wanted)
  })
})

describe('fences', () => {
  const fence = (
    event: 'dma_fence_init' | 'dma_fence_destroy' | 'dma_fence_signaled' | 'dma_fence_wait_start',
    seqno: number,
    context = 1,
  ): EventBody => ({
    event,
    driver: 'gpu',
    timeline: 'ring',
    context,
    seqno,
  })
  test.each<Row>([
    [
      'twice, and again after it was made anew',
      [
        fence('dma_fence_signaled', 3),
        fence('dma_fence_signaled', 3),
        fence('dma_fence_init', 3),
        fence('dma_fence_signaled', 3),
        fence('dma_fence_destroy', 3),
        fence('dma_fence_signaled', 3),
      ],
      ['fence-signaled-twice fence 3 of ring was signaled before @1,2'],
    ],
    [
      'in order on each timeline of its own',
      [
        fence('dma_fence_signaled', 5),
        fence('dma_fence_signaled', 4, 2),
        fence('dma_fence_signaled', 4),
        fence('dma_fence_signaled', 6),
      ],
      ['fence-order fence 4 of ring was signaled after 5 @1,3'],
    ],
    [
      'waited for in vain, told once',
      [fence('dma_fence_wait_start', 2), fence('dma_fence_signaled', 1), END, END],
      ['fence-never-signaled fence 2 of ring was waited for and never signaled @1,3'],
    ],
    ['waited for when it is over', [fence('dma_fence_signaled', 2), fence('dma_fence_wait_start', 2), END], []],
  ])('%s', (_what, events, wanted) => {
    expect(said(events)).toEqual(wanted)
  })
})

describe('what a kernel does wrong by itself', () => {
  it('is told in its own words, with its device where it has one', () => {
    const quirk = (device?: string): EventBody =>
      ({
        event: 'kernel_quirk',
        code: 'sg-pages-surplus',
        text: 'too many',
        ...(device === undefined ? {} : { device }),
      }) as EventBody
    expect(check([quirk(), quirk('dev')]).findings.map(({ device, message }) => [device, message])).toEqual([
      [undefined, 'too many'],
      ['dev', 'too many'],
    ])
  })
  it('stale translations say what the device reached', () => {
    const stale = (write: boolean): EventBody => ({
      event: 'stale_translation',
      device: 'dev',
      dmaAddr: 0xff00_0000,
      physAddr: RAM,
      write,
    })
    expect(said([stale(true), stale(false)]).map((line) => line.replace(/^\w+ /, ''))).toEqual([
      'iommu-stale-translation dev wrote 0xff000000 after its unmap and reached 0x40000000: the TLB was not flushed yet @1',
      'iommu-stale-translation dev read 0xff000000 after its unmap and reached 0x40000000: the TLB was not flushed yet @2',
    ])
  })
  it('an oops names at most four callers, and itself only once', () => {
    const oops = (callPath: readonly string[]): EventBody =>
      ({
        event: 'oops',
        oops: { address: '0x8', function: 'f', callPath, reason: 'NULL pointer', text: [] },
      }) as EventBody
    expect(said([oops(['f', 'a', 'b', 'f', 'c', 'd']), oops(['f'])])).toEqual([
      'kernel-oops NULL pointer at 0x8 in f (called from a <- b <- f <- c) @1',
      'kernel-oops NULL pointer at 0x8 in f @2',
    ])
  })
  it('after it, what is live is not held against the driver', () => {
    const oops = {
      event: 'oops',
      oops: { address: '0x8', function: 'f', callPath: [], reason: 'BUG', text: [] },
    } as EventBody
    expect(check([map(RAM), oops]).findings.map(({ code }) => code)).toEqual(['kernel-oops'])
  })
})
