// The core's own view of buffers and attachments: mutable inside, read-only outside.
import type {
  Direction,
  DmaBuf,
  DmaBufAttachment,
  DynamicImporter,
  KernelVaddr,
  Reservation,
  SgTable,
} from '@dmalab/api'

export interface LiveDmaBuf extends DmaBuf {
  /** file->f_count. */
  refs: number
  readonly attachments: LiveAttachment[]
  readonly resv: Reservation
  /** dma_buf.vmapping_counter and vmap_ptr. */
  vmaps: number
  vmapAt: KernelVaddr | null
}

export interface LiveAttachment extends DmaBufAttachment {
  readonly dmabuf: LiveDmaBuf
  sgt: SgTable | null
  /** Mapping that the core keeps for an exporter with cache_sgt_mapping. */
  cached: { readonly table: SgTable; readonly dir: Direction } | null
  /** Set for a dynamic importer. */
  readonly importer: DynamicImporter | null
  /** The core pinned the memory for an importer that cannot follow it. */
  pinned: boolean
  /** What the exporter gave, while the importer holds a copy or a mangled list (DMABUF_DEBUG). */
  genuine: SgTable | null
}

/** What the trace events say of a buffer. */
export const identity = ({ expName, size, ino }: DmaBuf) => ({ expName, size, ino })
