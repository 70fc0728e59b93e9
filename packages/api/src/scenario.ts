// What a run executes, as plain data: a pipeline bound to a machine's devices, or a list of steps.
import type { Assumption, Ignored } from './stated.ts'
import type { V4l2Memory } from './v4l2.ts'
import type { Severity } from './findings.ts'
import type { Verdict } from './run.ts'

export type Scenario = PipelineScenario | StepsScenario

// ---- pipelines

export interface PipelineScenario {
  readonly kind: 'pipeline'
  readonly name: string
  /** The gst-launch line as it was typed. */
  readonly text: string
  /** Every element, in the order of the line: the binding table. */
  readonly elements: readonly BoundElement[]
  /** How buffers go from one place to the next; queues, tees and filters between are named in `through`. */
  readonly hops: readonly BufferHop[]
  /** Pictures and streams as they are negotiated, link by link. */
  readonly pictures: readonly LinkPicture[]
  /** How many pictures pass, where the line or the user says so. */
  readonly frames: StatedFact<number> | null
  /** What a person should know: unknown elements and how to bind them, names that are taken. */
  readonly notes: readonly string[]
  readonly assumptions: readonly Assumption[]
  /** What of the line makes no difference to a run. */
  readonly ignored: readonly Ignored[]
  /** What may decide the case on a real board, and that the model does not look at. */
  readonly notExamined: readonly string[]
}

/** V4L2 elements: where the buffers of a queue come from. */
export type IoMode = 'auto' | 'rw' | 'mmap' | 'userptr' | 'dmabuf' | 'dmabuf-import'

export interface BoundElement {
  readonly name: string
  readonly factory: string
  /** `decoder`, `converter`, `queue`, `tee`, `sink` ... */
  readonly role: string
  /** null: user space does its work. */
  readonly device: string | null
  /** What decided: `--bind`, `board`, `class codec`, or `user space`. */
  readonly by: string
  /** The queue that takes buffers in, and the one that gives them out; null where there is none or no choice. */
  readonly inMode: IoMode | null
  readonly outMode: IoMode | null
  readonly props: Readonly<Record<string, string>>
}

/**
 * - `export`: the producer's MMAP buffers are exported, the consumer imports them
 * - `import`: the consumer's buffers are exported, the producer's queue imports them
 * - `userptr`: one side's queue takes the addresses of the other side's memory
 * - `copy`: the CPU copies from one side's memory to the other's
 * - `read`: the consumer is user space and looks at the producer's mapped buffers
 * - `user`: both sides are user space
 * - `impossible`: the modes do not fit; `why` says how
 */
export type HopKind = 'export' | 'import' | 'userptr' | 'copy' | 'read' | 'user' | 'impossible'

export interface BufferHop {
  readonly from: string
  readonly to: string
  readonly through: readonly string[]
  readonly kind: HopKind
  readonly why: string
  /** What the consumer does when its device refuses the dma-bufs of an `export`. */
  readonly ifRefused: 'copy' | 'error'
  /** What the buffers hold. */
  readonly picture: Picture
  /** Pictures that may wait on the way: what the queue elements between hold. */
  readonly depth: number
}

/** A fact, and which input it came from: `caps filter capsfilter0`, `--size`, `driver default` ... */
export interface StatedFact<T> {
  readonly value: T
  readonly by: string
}

/** One plane of memory of a picture. Bytes. */
export interface PlaneLayout {
  /** 0 for coded pictures. */
  readonly bytesperline: number
  /** What the picture itself takes. */
  readonly bytes: number
  /** What a driver's buffer has for it, with the lines that the hardware adds. */
  readonly sizeimage: number
}

/** One coded picture, and the buffer that a queue of a codec has for it, when nothing else decides. */
export const CODED_PICTURE: PlaneLayout = { bytesperline: 0, bytes: 2 ** 15, sizeimage: 2 ** 20 }

/** What passes a link: pictures as they are in memory, or coded ones. */
export interface Picture {
  /** `video/x-raw`, `video/x-h264`, `image/jpeg` ... */
  readonly media: string
  /** GStreamer's name of the pixel format; null for coded pictures. */
  readonly format: StatedFact<string> | null
  /** V4L2's name of it; null where V4L2 has none. */
  readonly fourcc: string | null
  /** Pixels. */
  readonly width: StatedFact<number>
  readonly height: StatedFact<number>
  /** Pictures a second as a fraction; null where nothing says so. */
  readonly framerate: StatedFact<string> | null
  /** Kinds of memory that the line asks for, such as `memory:DMABuf`. */
  readonly features: readonly string[]
  readonly planes: readonly PlaneLayout[]
}

/** The picture on one link, from element to element. */
export interface LinkPicture extends Picture {
  readonly from: string
  readonly to: string
}

// ---- steps

export interface StepsScenario {
  readonly kind: 'steps'
  readonly name: string
  readonly title?: string
  /** What it is meant for when the command line names no other. */
  readonly board?: string
  readonly kernel?: string
  /** Kernel parameters it is meant for, as --cmdline takes them. */
  readonly cmdline?: string
  /** Kernel configuration it is meant for, as --config takes it. */
  readonly config?: readonly string[]
  /** Calls that fail: `operation[@device]:nth`, as --inject takes them. */
  readonly inject?: readonly string[]
  /** Of every pattern. */
  readonly seed?: number
  /** Evict and fetch cache lines at any legal moment, chosen by the seed. */
  readonly adversarialCache?: boolean
  readonly steps: readonly ScenarioStep[]
}

export type StepDirection = 'TO_DEVICE' | 'FROM_DEVICE' | 'BIDIRECTIONAL'
export type QueueSide = 'capture' | 'output'
/** Which pair of functions makes a mapping and undoes it: dma_map_sg() or dma_map_page(). */
export type MapCall = 'sg' | 'page'
/** Where a buffer's memory comes from. */
type DmaBufSource = 'system-heap' | 'cma-heap' | 'udmabuf' | 'dumb' | 'device-memory'
export type BufferSource = 'coherent' | 'pages' | 'user' | DmaBufSource

interface OnBuffer {
  readonly buffer: string
}
interface OnDevice extends OnBuffer {
  readonly device: string
}
/** Bytes of a buffer; all of it when absent. */
interface Part {
  readonly offset?: number
  readonly len?: number
}

/** What one entry of a list covers: a whole buffer by its name, or bytes of it. */
export type ListPart = string | (OnBuffer & Part)

/** One call of a driver or of user space, under the kernel's name for it where there is one. Sizes are bytes. */
export type ScenarioStep =
  | (OnBuffer & {
      readonly do: 'alloc'
      readonly size: number
      readonly from: BufferSource
      readonly device?: string
      /** Coherent memory only: of the queue whose buffer it is, or with `gfp` of the call. */
      readonly attrs?: readonly string[]
      /** `pages` only, highmem too: nothing below this address. */
      readonly above?: number
      /** `device-memory` only: where it lies, a physical address. */
      readonly at?: number
      /** Coherent memory only: `atomic` for a caller that may not sleep. */
      readonly gfp?: 'kernel' | 'atomic'
    })
  | (OnBuffer & { readonly do: 'free' | 'export' | 'close' })
  | (OnDevice & { readonly do: 'attach'; readonly peer2peer?: boolean })
  | (OnDevice & { readonly do: 'detach' })
  /** dma_buf_map_attachment() of what was exported, else dma_map_sg() of the buffer (or of `nents` entries), or dma_map_page(). */
  | (OnDevice &
      Part & {
        readonly do: 'map'
        readonly dir: StepDirection
        readonly attrs?: readonly string[]
        readonly as?: MapCall
        readonly nents?: number
      })
  /** dma_iova_try_alloc(): bus addresses for the buffer, or for so many bytes. */
  | (OnDevice & { readonly do: 'iova-alloc'; readonly size?: number })
  /** dma_iova_link() of bytes of the buffer, at the same place behind its bus addresses. */
  | (OnDevice & Part & { readonly do: 'iova-link'; readonly dir: StepDirection; readonly attrs?: readonly string[] })
  | (OnDevice & { readonly do: 'iova-sync' })
  | (OnDevice & Part & { readonly do: 'iova-unlink' })
  | (OnDevice & { readonly do: 'iova-free' })
  /** dma_iova_destroy() of what is linked, or of so many bytes. */
  | (OnDevice & { readonly do: 'iova-destroy'; readonly len?: number })
  /** Undoes the mapping as it was made, but for what is stated here. */
  | (OnDevice & {
      readonly do: 'unmap'
      readonly dir?: StepDirection
      readonly attrs?: readonly string[]
      readonly as?: MapCall
      readonly nents?: number
      readonly len?: number
    })
  /** sg_set_page() with the page of buffer `with` on the device's table of `buffer`, and a new mapping of that table. */
  | (OnDevice & { readonly do: 'reuse-table'; readonly with: string })
  /** read(2) of a capture queue into memory of a task, write(2) of such memory to an output queue: `len` bytes or all of the buffer. */
  | (OnDevice & { readonly do: 'read' | 'write'; readonly len?: number })
  /** dma_declare_coherent_memory() of [base, base + size). */
  | { readonly do: 'declare-pool'; readonly device: string; readonly base: number; readonly size: number }
  /** dma_release_declared_memory(), whatever of the pool is still in use. */
  | { readonly do: 'release-pool'; readonly device: string }
  /** The device's driver lets go of it: its files are closed, and what it left mapped stays so. */
  | { readonly do: 'unbind'; readonly device: string }
  /** dma_buf_vmap(), or dma_buf_kmap() of one page; the CPU compares what it finds there. */
  | (OnBuffer & { readonly do: 'vmap' })
  /** dma_mmap_attrs() of coherent memory by its device's driver, from a page of it on; a task compares what it finds there. */
  | (OnBuffer & Part & { readonly do: 'mmap' })
  /** The CPU writes through the kernel's linear mapping, an alias of whatever mapping the buffer has. */
  | (OnBuffer & { readonly do: 'linear-write' })
  | (OnBuffer & { readonly do: 'kmap'; readonly page?: number })
  /** A list over (parts of) buffers, under a name of its own, to map at once. What `device` has mapped brings its entries as they are. */
  | (OnBuffer & { readonly do: 'sg-table'; readonly of: readonly ListPart[]; readonly device?: string })
  /**
   * sg_pcopy_to_buffer() or sg_pcopy_from_buffer(): the CPU copies `len` bytes out of the list, or new ones into it, after `skip` of
   * them. The list is the device's table of the buffer, or one made of the buffer for this.
   */
  | (OnBuffer & {
      readonly do: 'sg-copy-to-buffer' | 'sg-copy-from-buffer'
      readonly device?: string
      readonly skip?: number
      readonly len?: number
      readonly nents?: number
    })
  /** sg_alloc_table() of so many entries: how many chunks the list takes. */
  | { readonly do: 'scatterlist'; readonly entries: number }
  /** The device's driver takes the table's entries for page structures: get_page() on each. */
  | (OnDevice & { readonly do: 'touch-pages' })
  /** dma_sync_sg_for_*() of the table (or of `nents` entries); with bytes, or of one page, dma_sync_single_for_*(). */
  | (OnDevice & {
      readonly do: 'sync'
      readonly for: 'cpu' | 'device'
      readonly dir: StepDirection
      readonly nents?: number
    } & Part)
  | (OnBuffer & { readonly do: 'begin-cpu-access' | 'end-cpu-access'; readonly dir: StepDirection })
  | (OnDevice & { readonly do: 'device-read' | 'device-write' } & Part)
  | (OnBuffer & { readonly do: 'cpu-read' | 'cpu-write' } & Part)
  | {
      readonly do: 'reqbufs'
      readonly device: string
      readonly queue: QueueSide
      readonly memory: V4l2Memory
      readonly count: number
    }
  | {
      readonly do: 'querybuf' | 'dqbuf' | 'streamon' | 'streamoff'
      readonly device: string
      readonly queue: QueueSide
      readonly index?: number
    }
  /** vb2_queue.dma_attrs, as the device's driver sets it before its queue is used. */
  | {
      readonly do: 'queue-attrs'
      readonly device: string
      readonly queue: QueueSide
      readonly attrs: readonly string[]
    }
  /** dma_set_mask(), or dma_set_coherent_mask(): width in bits. */
  | { readonly do: 'set-mask'; readonly device: string; readonly bits: number; readonly coherent?: boolean }
  /** EXPBUF gives the dma-buf a name; QBUF takes named ones, one for each plane: their descriptors, or in a USERPTR queue their addresses. */
  | (OnDevice & { readonly do: 'expbuf'; readonly queue: QueueSide; readonly index: number; readonly plane?: number })
  | {
      readonly do: 'qbuf'
      readonly device: string
      readonly queue: QueueSide
      readonly index: number
      readonly buffers?: readonly string[]
    }
  /** Nothing happens for so long, but for timers. Milliseconds. */
  | { readonly do: 'wait'; readonly ms: number }
  /** What must be true of the step before (errno), or of the run up to here (finding, verdict). */
  | {
      readonly do: 'expect'
      readonly errno?: string
      readonly finding?: string
      readonly severity?: Severity
      readonly verdict?: Verdict
      /** Words that the step before must have said. */
      readonly says?: string
    }
