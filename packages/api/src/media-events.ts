// Events of buffers that are shared and queued: dma-buf, fences, videobuf2, V4L2.

/** How events name a dma-buf. */
export type DmaBufIdentity = {
  readonly expName: string
  readonly size: number
  readonly ino: number
}
export type DmaBufEvent =
  | (DmaBufIdentity & {
      readonly event: 'dma_buf_export' | 'dma_buf_put' | 'dma_buf_mmap_internal' | 'dma_buf_mmap'
    })
  | (DmaBufIdentity & { readonly event: 'dma_buf_fd' | 'dma_buf_get'; readonly fd: number })
  | (DmaBufIdentity & {
      readonly event: 'dma_buf_dynamic_attach' | 'dma_buf_detach'
      readonly attachment: string
      readonly isDynamic: boolean
      readonly device: string
    })

export interface FenceEvent {
  readonly event: `dma_fence_${'emit' | 'init' | 'destroy' | 'enable_signal' | 'signaled' | 'wait_start' | 'wait_end'}`
  readonly driver: string
  readonly timeline: string
  readonly context: number
  readonly seqno: number
}

export type MediaEvent =
  | {
      readonly event: 'vb2_qbuf' | 'vb2_buf_queue' | 'vb2_buf_done' | 'vb2_dqbuf'
      readonly owner: string
      readonly queued: number
      readonly ownedByDriver: number
      readonly index: number
      readonly type: number
      readonly bytesused: number
      readonly timestamp: number
    }
  | {
      readonly event: 'v4l2_qbuf' | 'v4l2_dqbuf'
      readonly minor: number
      readonly index: number
      readonly type: string
      readonly bytesused: number
      readonly flags: string
      readonly field: string
      readonly timestamp: number
      readonly sequence: number
    }
