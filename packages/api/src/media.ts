// What drivers/media and drivers/dma-buf were in the releases that are modelled.
import type { MediaFacts } from './media-facts.ts'

export const MEDIA_V4_11: MediaFacts = {
  prepareStem: '__qbuf',
  buffersInUse: 'busy',
  reqbufsFloor: 'queued',
  log: { core: 'vb2-core: ', v4l2: 'vb2-v4l2: ', named: false },
  allocFailure: 'dma_alloc_coherent of size',
  chunkUnit: ' b',
  attachmentLock: false,
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
  mmapOffsets: 'indexed',
}
