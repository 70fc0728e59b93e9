// How drivers/media and drivers/dma-buf differ between releases, as facts; call paths, texts and the answers that changed.

export interface MediaFacts {
  /** Name stem of vb2's prepare step: `__qbuf_dmabuf`, later `__prepare_dmabuf`. */
  readonly prepareStem: '__qbuf' | '__prepare'
  /** REQBUFS while a buffer is exported or mapped: refused with EBUSY, or the memory is orphaned (since v5.0). */
  readonly buffersInUse: 'busy' | 'orphaned'
  /** REQBUFS gives at least: the buffers a driver needs queued, or one more than that and never less than two (since v6.8). */
  readonly reqbufsFloor: 'queued' | 'queued-plus-one'
  /** Head of vb2's debug lines by source file; `named` ones carry the queue's name in brackets. */
  readonly log: { readonly core: string; readonly v4l2: string; readonly named: boolean }
  /** What vb2-dma-contig prints before the size when an allocation fails. */
  readonly allocFailure: string
  /** Unit after the two sizes of "contiguous chunk is too small". */
  readonly chunkUnit: '' | ' b'
  /** Importers go through dma_buf_map_attachment_unlocked (since v6.2), which takes the reservation lock. */
  readonly attachmentLock: boolean
  /** vb2 syncs an own buffer only when it was asked for as non-coherent (since v5.14), not whenever it has a table. */
  readonly nonCoherentFlag: boolean
  /** VIDIOC_REMOVE_BUFS exists (since v6.10). */
  readonly removeBufs: boolean
  /** CPU access to a buffer that vb2-dma-sg exported is bracketed with syncs (since v5.9). */
  readonly sgCpuAccess: boolean
  /** USERPTR memory without struct page goes through dma_map_resource (since v4.18), not through a guess at the bus address. */
  readonly userptrResource: boolean
}
