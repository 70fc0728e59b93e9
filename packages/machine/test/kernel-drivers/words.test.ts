// What drivers offer, in words, and the elements that follow from it.
import type { DriverNode, DrmNode, QueueFacts, VideoNode } from '@dmalab/api'
import { describe, expect, it } from 'vitest'
import { elementsOf } from '../../src/import/bind-elements.ts'
import { offerOf, offersOf, queuesOf } from '../../src/kernel-drivers/words.ts'

const QUEUE: QueueFacts = {
  memory: ['MMAP', 'DMABUF'],
  allocator: 'vb2-dma-contig',
  fileIo: false,
  minBuffers: 0,
} as QueueFacts
const video = (more: Partial<VideoNode>): VideoNode =>
  ({
    kind: 'decoder',
    codecs: ['h264', 'vp8'],
    stateless: false,
    interface: 'V4L2',
    maxSize: null,
    multiplanar: false,
    output: QUEUE,
    capture: QUEUE,
    ...more,
  }) as VideoNode
const drm = (more: Partial<DrmNode>): DrmNode =>
  ({ kind: 'display', gem: 'dma', imports: 'contiguous', shows: 'any', ...more }) as DrmNode

it.each<[DriverNode, string]>([
  [video({}), 'decodes h264 vp8'],
  [video({ stateless: true }), 'decodes h264 vp8 (stateless)'],
  [video({ interface: 'MPP' }), 'decodes h264 vp8 through MPP'],
  [video({ maxSize: { width: 1920, height: 1080 } }), 'decodes h264 vp8 up to 1920x1080'],
  [video({ kind: 'encoder', codecs: ['h264'] }), 'encodes h264'],
  [video({ kind: 'encoder', codecs: ['h264'], interface: 'MPP' }), 'encodes h264 through MPP'],
  [video({ kind: 'converter' }), 'converts pictures'],
  [video({ kind: 'capture' }), 'captures pictures'],
  [video({ kind: 'output' }), 'puts pictures out'],
  [drm({}), 'shows frame buffers of one piece of DMA memory; takes dma-bufs that it sees in one piece'],
  [drm({ kind: 'gpu', gem: 'pages', imports: 'scattered' }), 'renders from scattered pages; takes any dma-buf'],
  [drm({ gem: 'vram', imports: 'none' }), 'shows frame buffers of memory of its own; takes no dma-buf'],
  [
    drm({ gem: 'dma-or-pages', imports: 'scattered', shows: 'contiguous' }),
    'shows frame buffers of one piece of DMA memory, of pages behind an IOMMU; takes any dma-buf, and shows those that it sees in one piece',
  ],
  [drm({ gem: 'dmm' }), 'shows frame buffers of pages that its DMM joins; takes dma-bufs that it sees in one piece'],
])('%o: %s', (node, words) => {
  expect(offerOf(node)).toBe(words)
  expect(offersOf({ nodes: [node, node] } as unknown as Parameters<typeof offersOf>[0])).toEqual([words, words])
})

it.each<[Partial<VideoNode>, string]>([
  [{}, 'OUTPUT MMAP DMABUF (dma-contig), CAPTURE MMAP DMABUF (dma-contig), single-planar'],
  [{ output: null, multiplanar: true }, 'CAPTURE MMAP DMABUF (dma-contig), multi-planar'],
  [{ capture: null }, 'OUTPUT MMAP DMABUF (dma-contig), single-planar'],
  [
    {
      output: { ...QUEUE, fileIo: true, minBuffers: 1 },
      capture: { ...QUEUE, fileIo: true, allocator: 'vb2-vmalloc', minBuffers: 3 },
    },
    'OUTPUT MMAP DMABUF WRITE (dma-contig, 1 queued at least), CAPTURE MMAP DMABUF READ (vmalloc, 3 queued at least), single-planar',
  ],
])('queues %o', (node, words) => {
  expect(queuesOf(video(node))).toBe(words)
})

describe('the elements of a driver', () => {
  it.each<[DriverNode, readonly string[]]>([
    [video({ codecs: ['h264', 'vc1'] }), ['v4l2h264dec', 'v4l2wmvdec']],
    [video({ codecs: ['h264', 'mpeg2', 'h263'], stateless: true }), ['v4l2slh264dec', 'v4l2slmpeg2dec']],
    [video({ kind: 'encoder', codecs: ['h264', 'vp8'] }), ['v4l2h264enc', 'v4l2vp8enc']],
    [video({ kind: 'converter' }), ['v4l2convert']],
    [video({ kind: 'capture' }), ['v4l2src']],
    [video({ kind: 'output' }), ['v4l2sink']],
    [drm({}), ['kmssink']],
    [drm({ kind: 'gpu' }), []],
  ])('%o: %j', (node, elements) => {
    expect(elementsOf(node)).toEqual(elements)
  })
})
