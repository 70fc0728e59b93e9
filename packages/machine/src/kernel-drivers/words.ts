// What a driver offers, in words: for people, and for messages about lines that do not fit.
import {
  type DriverNode,
  type DrmNode,
  type GemMemory,
  isVideoNode,
  type KernelDriver,
  type QueueFacts,
  type VideoNode,
} from '@dmalab/api'

/** One sentence a node: `decodes h264 and vp8 (stateless)`. */
export const offersOf = ({ nodes }: KernelDriver): readonly string[] => nodes.map(offerOf)

export const offerOf = (node: DriverNode): string => {
  if (isVideoNode(node)) return `${workOf(node)}${limitOf(node)}`
  const doing = node.kind === 'display' ? 'shows frame buffers of' : 'renders from'
  const shown = node.shows === 'contiguous' ? ', and shows those that it sees in one piece' : ''
  return `${doing} ${GEM[node.gem]}; takes ${IMPORTS[node.imports]}${shown}`
}

const workOf = ({ kind, codecs, stateless, interface: way }: VideoNode): string => {
  const names = codecs.join(' ')
  const through = way === 'V4L2' ? '' : ` through ${way}`
  switch (kind) {
    case 'decoder':
      return `decodes ${names}${stateless ? ' (stateless)' : ''}${through}`
    case 'encoder':
      return `encodes ${names}${through}`
    case 'converter':
      return `converts pictures${through}`
    case 'capture':
      return `captures pictures${through}`
    case 'output':
      return `puts pictures out${through}`
  }
}

const limitOf = ({ maxSize }: VideoNode): string =>
  maxSize === null ? '' : ` up to ${maxSize.width}x${maxSize.height}`

const GEM: Readonly<Record<GemMemory, string>> = {
  dma: 'one piece of DMA memory',
  pages: 'scattered pages',
  'dma-or-pages': 'one piece of DMA memory, of pages behind an IOMMU',
  dmm: 'pages that its DMM joins',
  vram: 'memory of its own',
}
const IMPORTS: Readonly<Record<DrmNode['imports'], string>> = {
  contiguous: 'dma-bufs that it sees in one piece',
  scattered: 'any dma-buf',
  none: 'no dma-buf',
}

/** `OUTPUT MMAP DMABUF (vmalloc), CAPTURE MMAP (dma-contig), multi-planar`. */
export const queuesOf = ({ output, capture, multiplanar }: VideoNode): string =>
  [queueOf('OUTPUT', output), queueOf('CAPTURE', capture), multiplanar ? 'multi-planar' : 'single-planar']
    .filter((words) => words !== '')
    .join(', ')

const queueOf = (side: string, queue: QueueFacts | null): string => {
  if (queue === null) return ''
  const least = queue.minBuffers > 0 ? `, ${queue.minBuffers} queued at least` : ''
  return `${side} ${[...queue.memory, ...(queue.fileIo ? [side === 'OUTPUT' ? 'WRITE' : 'READ'] : [])].join(' ')} (${queue.allocator.replace('vb2-', '')}${least})`
}
