// What drivers/media and drivers/dma-buf were in the releases that are modelled.
import type { MediaFacts } from './media-facts.ts'

const THROUGH = { map: ['__map_dma_buf'], unmap: ['__unmap_dma_buf'] } as const

export const MEDIA_V4_11: MediaFacts = {
  prepareStem: '__qbuf',
  buffersInUse: 'busy',
  reqbufsFloor: 'queued',
  log: { core: 'vb2-core: ', v4l2: 'vb2-v4l2: ', named: false },
  allocFailure: 'dma_alloc_coherent of size',
  chunkUnit: ' b',
  attachmentLock: false,
  mapDmaBuf: THROUGH,
  nonCoherentFlag: false,
  removeBufs: false,
  sgCpuAccess: false,
  userptrResource: false,
  userptrPfnMap: 'followed',
  requests: false,
  dmabufPlanes: 'in-turn',
  driverMaxBuffers: false,
  cacheHints: false,
  cancelSyncs: false,
  dmabufOffset: 'lost',
  primeOffset: 'lost',
  dmaHeaps: false,
  udmabuf: false,
  primeKeepsList: true,
  exynosPieces: 'framebuffer',
  mmapOffsets: 'stacked',
}

export const MEDIA_V6_12: MediaFacts = {
  prepareStem: '__prepare',
  buffersInUse: 'orphaned',
  reqbufsFloor: 'queued-plus-one',
  log: { core: 'videobuf2_common: ', v4l2: 'vb2-v4l2: ', named: true },
  allocFailure: 'dma alloc of size',
  chunkUnit: '',
  attachmentLock: true,
  mapDmaBuf: THROUGH,
  nonCoherentFlag: true,
  removeBufs: true,
  sgCpuAccess: true,
  userptrResource: true,
  userptrPfnMap: 'refused',
  requests: true,
  dmabufPlanes: 'shared',
  driverMaxBuffers: true,
  cacheHints: true,
  cancelSyncs: true,
  dmabufOffset: 'kept',
  primeOffset: 'refused',
  dmaHeaps: true,
  udmabuf: true,
  primeKeepsList: false,
  exynosPieces: 'import',
  mmapOffsets: 'indexed',
}

/** What the releases between have that v6.12 has not, newest first: each is the one above with what changed since taken back. */
const MEDIA_V6_8: MediaFacts = { ...MEDIA_V6_12, removeBufs: false, dmabufPlanes: 'in-turn' }
export const MEDIA_V6_6: MediaFacts = {
  ...MEDIA_V6_8,
  reqbufsFloor: 'queued',
  driverMaxBuffers: false,
  mmapOffsets: 'stacked',
}
export const MEDIA_V6_1: MediaFacts = { ...MEDIA_V6_6, attachmentLock: false }
/** Of v5.10, too. */
export const MEDIA_V5_15: MediaFacts = {
  ...MEDIA_V6_1,
  userptrPfnMap: 'followed',
  nonCoherentFlag: false,
  allocFailure: 'dma_alloc_coherent of size',
}
export const MEDIA_V7_2: MediaFacts = { ...MEDIA_V6_12, mapDmaBuf: { map: [], unmap: [] } }
