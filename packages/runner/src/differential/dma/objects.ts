// What a program's names stand for.
import type {
  Device,
  Direction,
  DmaAddr,
  DmaBuf,
  DmaBufAttachment,
  IovaState,
  KernelVaddr,
  Pfn,
  SgTable,
  UserMapping,
} from '@dmalab/api'

/** Pages of the buddy allocator. */
export interface Pages {
  readonly kind: 'pages'
  readonly name: string
  readonly pfn: Pfn
  readonly size: number
  /** A power of two of pages, bytes. */
  readonly allocated: number
}

/** Memory of dma_alloc_attrs(). */
export interface CoherentBlock {
  readonly kind: 'coherent'
  readonly name: string
  readonly device: Device
  readonly cpuAddr: KernelVaddr
  readonly handle: DmaAddr
  readonly size: number
  readonly attrs: number
  /** NO_KERNEL_MAPPING leaves the first contents to chance. */
  written: boolean
}

/** dma_map_page_attrs() or dma_map_resource(). */
interface Mapping {
  readonly kind: 'mapping'
  readonly name: string
  readonly device: Device
  readonly handle: DmaAddr
  readonly size: number
  readonly dir: Direction
  readonly attrs: number
  /** The call that made it, which decides the one that ends it. */
  readonly by: 'page' | 'phys' | 'resource'
  /** The pages behind it; a resource has none. */
  readonly pages: { readonly of: Pages; readonly offset: number } | null
}

/** dma_map_sgtable(). */
interface ListMapping {
  readonly kind: 'list'
  readonly name: string
  readonly device: Device
  readonly table: SgTable
  readonly dir: Direction
  readonly attrs: number
}

/** A dma-buf, and the memory it was made of. */
export interface SharedBuffer {
  readonly kind: 'buffer'
  readonly name: string
  readonly dmabuf: DmaBuf
  /** What a program exported; null for a heap's or a udmabuf's own memory. */
  readonly of: Pages | CoherentBlock | null
  /** Memory of a udmabuf's task. */
  readonly user: UserMapping | null
}

/** dma_buf_attach() and what is mapped through it. */
interface Attachment {
  readonly kind: 'attachment'
  readonly name: string
  readonly device: Device
  readonly buffer: SharedBuffer
  readonly attachment: DmaBufAttachment
  mapped: { readonly table: SgTable; readonly dir: Direction } | null
}

/** dma_iova_try_alloc(), and what is linked to it. */
interface LinkedRange {
  readonly kind: 'iova'
  readonly name: string
  readonly device: Device
  readonly state: IovaState
  /** End of what is linked, counted from the start; 0: nothing is. */
  mapped: number
  /** Of the last link. */
  dir: Direction
  attrs: number
}

export type LabObject = Pages | CoherentBlock | Mapping | ListMapping | SharedBuffer | Attachment | LinkedRange

/** A list that a device has: its own, or one of a dma-buf. */
export const listOf = (object: LabObject): { readonly table: SgTable; readonly dir: Direction } | undefined => {
  if (object.kind === 'list') return object
  return object.kind === 'attachment' ? (object.mapped ?? undefined) : undefined
}
