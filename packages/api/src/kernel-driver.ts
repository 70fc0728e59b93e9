// What a kernel driver offers user space: video nodes with their queues, and DRM devices with their buffer objects. Plain data.
import type { V4l2Memory } from './v4l2.ts'

/** Formats of coded pictures, as elements of GStreamer are named after them. */
export const CODECS = ['h264', 'h265', 'vp8', 'vp9', 'av1', 'mpeg2', 'mpeg4', 'h263', 'vc1', 'jpeg'] as const
export type Codec = (typeof CODECS)[number]

/** How a vb2 queue gets memory: in one piece, in pieces that the device gathers, or for the CPU alone. */
export type QueueAllocator = 'vb2-dma-contig' | 'vb2-dma-sg' | 'vb2-vmalloc'

/** One vb2 queue of a video node. */
export interface QueueFacts {
  /** io_modes without READ and WRITE. */
  readonly memory: readonly V4l2Memory[]
  readonly allocator: QueueAllocator
  /** io_modes has VB2_READ, or VB2_WRITE for an OUTPUT queue: read(2) and write(2) work. */
  readonly fileIo: boolean
  /** min_queued_buffers: so many must be queued before the driver starts. */
  readonly minBuffers: number
}

/**
 * One kind of video node:
 * - `decoder`, `encoder`: memory to memory, one side coded
 * - `converter`: memory to memory, pixels on both sides
 * - `capture`: pictures come from outside
 * - `output`: pictures go outside
 */
export type VideoNodeKind = 'decoder' | 'encoder' | 'converter' | 'capture' | 'output'

export interface VideoNode {
  readonly kind: VideoNodeKind
  /** What it decodes or encodes; none for the other kinds. */
  readonly codecs: readonly Codec[]
  /** A decoder that user space drives picture by picture through the request API. */
  readonly stateless: boolean
  readonly multiplanar: boolean
  /** It has pixel formats with a buffer a plane (NM12 and the like), which GStreamer prefers. */
  readonly splitPlanes: boolean
  readonly output: QueueFacts | null
  readonly capture: QueueFacts | null
  /** Largest picture, pixels; null: the source names no limit of its own. */
  readonly maxSize: { readonly width: number; readonly height: number } | null
  /** The way into it: V4L2, or an interface of a vendor's own. */
  readonly interface: string
}

/**
 * What the buffer objects of a DRM device are made of:
 * - `dma`: one piece of DMA memory
 * - `pages`: pages of shared memory, anywhere
 * - `dma-or-pages`: DMA memory, which is pages behind an IOMMU
 * - `dmm`: pages, which an engine of the display shows everybody as one piece
 * - `vram`: memory of the card's own
 */
export type GemMemory = 'dma' | 'pages' | 'dma-or-pages' | 'dmm' | 'vram'

/**
 * A DRM device: `display` shows frame buffers, `gpu` renders.
 * `imports`: what a dma-buf must be to be taken by PRIME: in one piece of bus addresses, in any pieces, or nothing is taken.
 */
export interface DrmNode {
  readonly kind: 'display' | 'gpu'
  readonly gem: GemMemory
  readonly imports: 'contiguous' | 'scattered' | 'none'
  /** What of that a display can show: a frame buffer in pieces is refused when it is pinned where this is `contiguous`. */
  readonly shows: 'any' | 'contiguous'
  /** Function that says no. */
  readonly importFunction: string
}

export type DriverNode = VideoNode | DrmNode

/** A driver as it is on one kind of device. */
export interface KernelDriver {
  /** Name of its struct device_driver, or of its module. */
  readonly name: string
  /** Source file in the kernel's tree. */
  readonly source: string
  /** Whose tree that is, with the release that was read. */
  readonly tree: string
  readonly compatible: readonly string[]
  /** Empty: a part that moves no pictures to or from memory itself. */
  readonly nodes: readonly DriverNode[]
  /** Width of the streaming mask: what the driver sets, or the 32 bits that it leaves; null: the hardware tells at run time. */
  readonly maskBits: number | null
  readonly coherentMaskBits: number | null
  /** What else a person should know. */
  readonly note: string | null
}

export const isVideoNode = (node: DriverNode): node is VideoNode => node.kind !== 'display' && node.kind !== 'gpu'
