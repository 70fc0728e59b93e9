// Words in which the tables of drivers are written.
import type {
  Codec,
  DriverNode,
  DrmNode,
  GemMemory,
  KernelDriver,
  QueueAllocator,
  QueueFacts,
  V4l2Memory,
  VideoNode,
} from '@dmalab/api'

/** io_modes of a queue, as most drivers have them. */
export const MMAP: readonly V4l2Memory[] = ['MMAP']
export const MMAP_USERPTR: readonly V4l2Memory[] = ['MMAP', 'USERPTR']
export const MMAP_DMABUF: readonly V4l2Memory[] = ['MMAP', 'DMABUF']
export const MMAP_USERPTR_DMABUF: readonly V4l2Memory[] = ['MMAP', 'USERPTR', 'DMABUF']

/** Single-planar queues of vb2-dma-contig with MMAP and DMABUF, unless stated. */
interface QueueWords {
  readonly multiplanar?: boolean
  /** A multi-planar queue has formats with a buffer a plane, unless stated. */
  readonly split?: boolean
  readonly memory?: readonly V4l2Memory[]
  readonly allocator?: QueueAllocator
  /** Where the OUTPUT queue has another allocator or other memory than the CAPTURE queue. */
  readonly outputAllocator?: QueueAllocator
  readonly outputMemory?: readonly V4l2Memory[]
  /** min_queued_buffers of OUTPUT and CAPTURE. */
  readonly least?: readonly [output: number, capture: number]
  readonly max?: readonly [width: number, height: number]
  readonly stateless?: boolean
  /** The queues take read(2) and write(2), too. */
  readonly fileIo?: boolean
  readonly interface?: string
}

const queues = (words: QueueWords): Omit<VideoNode, 'kind' | 'codecs' | 'output' | 'capture'> & Queues => {
  const {
    multiplanar = false,
    memory = MMAP_DMABUF,
    allocator = 'vb2-dma-contig',
    least = [0, 0],
    fileIo = false,
  } = words
  return {
    stateless: words.stateless ?? false,
    multiplanar,
    splitPlanes: words.split ?? multiplanar,
    output: {
      memory: words.outputMemory ?? memory,
      allocator: words.outputAllocator ?? allocator,
      minBuffers: least[0],
      fileIo,
    },
    capture: { memory, allocator, minBuffers: least[1], fileIo },
    maxSize: words.max === undefined ? null : { width: words.max[0], height: words.max[1] },
    interface: words.interface ?? 'V4L2',
  }
}
interface Queues {
  readonly output: QueueFacts
  readonly capture: QueueFacts
}

/** `codecs`: names with spaces between them. */
const codecs = (names: string): readonly Codec[] => names.split(' ') as Codec[]

export const decoder = (names: string, words: QueueWords = {}): VideoNode => ({
  ...queues(words),
  kind: 'decoder',
  codecs: codecs(names),
})
export const encoder = (names: string, words: QueueWords = {}): VideoNode => ({
  ...queues(words),
  kind: 'encoder',
  codecs: codecs(names),
})
export const converter = (words: QueueWords = {}): VideoNode => ({ ...queues(words), kind: 'converter', codecs: [] })
export const capture = (words: QueueWords = {}): VideoNode => ({
  ...queues(words),
  output: null,
  kind: 'capture',
  codecs: [],
})
export const output = (words: QueueWords = {}): VideoNode => ({
  ...queues(words),
  capture: null,
  kind: 'output',
  codecs: [],
})

const drm = (kind: DrmNode['kind'], gem: GemMemory, imports: DrmNode['imports'], importFunction: string): DrmNode => ({
  kind,
  gem,
  imports,
  shows: 'any',
  importFunction,
})
export const display = (gem: GemMemory, imports: DrmNode['imports'], importFunction: string): DrmNode =>
  drm('display', gem, imports, importFunction)
export const gpu = (gem: GemMemory, imports: DrmNode['imports'], importFunction: string): DrmNode =>
  drm('gpu', gem, imports, importFunction)

/** A display of the DMA helper: its objects are one piece of coherent DMA memory, and so must be what it imports. */
export const DMA_DISPLAY: DrmNode = display('dma', 'contiguous', 'drm_gem_dma_prime_import_sg_table')
/** A GPU of the shmem helper: pages of shared memory, which its own MMU joins; it takes any list. */
export const SHMEM_GPU: DrmNode = gpu('pages', 'scattered', 'drm_gem_shmem_prime_import_sg_table')

interface DriverWords {
  /** Width of the streaming mask, and of the coherent one where it differs. 32 bits are what a platform device starts with. */
  readonly mask?: number | null
  readonly coherentMask?: number | null
  readonly note?: string
  readonly tree?: string
}

/** A kind of device: its compatible strings with spaces between them, and the nodes there. */
export type Variant = readonly [compatible: string, ...nodes: readonly DriverNode[]]

/** The rows of one driver, one a kind of device. */
export const driver = (
  name: string,
  source: string,
  words: DriverWords,
  ...variants: readonly Variant[]
): readonly KernelDriver[] => {
  const { mask = 32, note = null, tree = 'Linux v6.12' } = words
  return variants.map(([compatible, ...nodes]) => ({
    name,
    source,
    tree,
    compatible: compatible === '' ? [] : compatible.split(' '),
    nodes,
    maskBits: mask,
    coherentMaskBits: words.coherentMask === undefined ? mask : words.coherentMask,
    note,
  }))
}

/** A driver whose devices hand pixels on, or translate, and move none to or from memory. */
export const part = (name: string, source: string, compatible: string): readonly KernelDriver[] =>
  driver(name, source, {}, [compatible])
