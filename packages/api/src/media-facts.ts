// How drivers/media and drivers/dma-buf differ between releases, as facts; call paths, texts and the answers that changed.

export interface MediaFacts {
  /** Name stem of vb2's prepare step: `__qbuf_dmabuf`, later `__prepare_dmabuf`. */
  readonly prepareStem: '__qbuf' | '__prepare'
  /** REQBUFS while a buffer is exported or mapped: refused with EBUSY, or the memory is orphaned (since v5.0). */
  readonly buffersInUse: 'busy' | 'orphaned'
  /** REQBUFS gives at least: the buffers a driver needs queued, or one more than that (since v6.8). */
  readonly reqbufsFloor: 'queued' | 'queued-plus-one'
  /** Head of vb2's debug lines by source file; `named` ones carry the queue's name in brackets. */
  readonly log: { readonly core: string; readonly v4l2: string; readonly named: boolean }
  /** What vb2-dma-contig prints before the size when an allocation fails. */
  readonly allocFailure: string
  /** Unit after the two sizes of "contiguous chunk is too small". */
  readonly chunkUnit: '' | ' b'
  /** Importers go through dma_buf_map_attachment_unlocked (since v6.2), which takes the reservation lock. */
  readonly attachmentLock: boolean
  /** Functions of dma-buf.c between its map and unmap calls and the exporter's; none since v7.0. */
  readonly mapDmaBuf: { readonly map: readonly string[]; readonly unmap: readonly string[] }
  /** vb2 syncs an own buffer only when it was asked for as non-coherent (since v5.16), not whenever it has a table. */
  readonly nonCoherentFlag: boolean
  /** VIDIOC_REMOVE_BUFS exists (since v6.10). */
  readonly removeBufs: boolean
  /** CPU access to a buffer that vb2-dma-sg exported is bracketed with syncs (since v5.9). */
  readonly sgCpuAccess: boolean
  /** USERPTR memory without struct page goes through dma_map_resource (since v4.18), not through a guess at the bus address. */
  readonly userptrResource: boolean
  /** USERPTR memory of a VM_PFNMAP mapping: its frames are taken as they are, or it cannot be had (since v6.1). */
  readonly userptrPfnMap: 'followed' | 'refused'
  /** QBUF knows V4L2_BUF_FLAG_REQUEST_FD (since v4.20); before, the bit meant nothing. */
  readonly requests: boolean
  /** A DMABUF of several planes: each plane is looked up and attached in turn, or all are looked up first and planes that share a
   * dma-buf share its attachment (since v6.12). */
  readonly dmabufPlanes: 'in-turn' | 'shared'
  /** Drivers may have more than 32 buffers in a queue (max_num_buffers, since v6.8). */
  readonly driverMaxBuffers: boolean
  /** User space may skip the cache work of a buffer, where the driver lets it (since v5.9). */
  readonly cacheHints: boolean
  /** STREAMOFF and REQBUFS sync buffers for the CPU that were prepared and that no device had (since v4.20). */
  readonly cancelSyncs: boolean
  /** mmap of a dma-buf from a later page on: vb2-dma-contig and vb2-dma-sg map from the first page all the same (until v5.2). */
  readonly dmabufOffset: 'lost' | 'kept'
  /** The same of a DRM dumb buffer: lost (until v5.11), or refused, because the length of the area is given for that of the buffer. */
  readonly primeOffset: 'lost' | 'refused'
  /** /dev/dma_heap exists (since v5.6). */
  readonly dmaHeaps: boolean
  /** /dev/udmabuf exists (since v4.20). */
  readonly udmabuf: boolean
  /** drm_prime.c keeps an attachment's mapping itself (until v4.20): another direction is -EBUSY, a mapping that fails -ENOMEM, and a list
   * that the driver cannot make is a NULL pointer that it follows. */
  readonly primeKeepsList: boolean
  /** exynos-drm looks at an imported list in pieces when a frame buffer is made of it (until v5.9), or refuses it at the import. */
  readonly exynosPieces: 'framebuffer' | 'import'
  /** mmap offsets: buffer index << 15 and plane << 12 (since v6.8), or whole pages from 0 on, buffer after buffer. */
  readonly mmapOffsets: 'indexed' | 'stacked'
}
