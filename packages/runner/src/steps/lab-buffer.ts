// A named buffer of a steps scenario: where its memory came from, who imported it, what was written into it.
import type { GemBuffer } from '@dmalab/dma-buf'
import {
  type Coherent,
  type Content,
  type Device,
  DIR,
  type Direction,
  type DmaAddr,
  type DmaBuf,
  type DmaBufAttachment,
  type IovaState,
  type Pfn,
  type SgEntry,
  type SgTable,
  type UserMapping,
  type Vb2Mem,
} from '@dmalab/api'
import { Intervals } from '@dmalab/memory'

/** What a device holds of a buffer. */
export interface Importer {
  readonly device: Device
  readonly dmabuf: DmaBuf | null
  readonly attachment: DmaBufAttachment | null
  /** What dma_map_sg() or dma_buf_map_attachment() mapped. */
  table: SgTable | null
  /** False for a table that another importer lent. */
  readonly ownsTable: boolean
  /** What dma_map_page() mapped instead. */
  single: BusRange | null
  /** Bus addresses that were taken for it, and what is linked to them (dma_iova_*). */
  iova: TakenAddresses | null
  dir: Direction
  /** Attributes of the mapping, where it is the device's own. */
  attrs: number
  /** Entries that were given to dma_map_sg(). */
  nents: number
  /** The byte of the buffer that the mapping begins with. */
  from: number
  /** Bus addresses of the last mapping; they outlive it, as a device's registers do. */
  runs: readonly BusRange[]
}

export interface TakenAddresses {
  readonly state: IovaState
  /** End of what is linked, bytes from the start. */
  linked: number
}

export interface BusRange {
  readonly at: DmaAddr
  readonly len: number
}

/** What a device has of a buffer before it maps it. */
export const noMapping = (device: Device): Omit<Importer, 'dmabuf' | 'attachment'> => ({
  device,
  table: null,
  ownsTable: true,
  single: null,
  iova: null,
  dir: DIR.BIDIRECTIONAL,
  attrs: 0,
  nents: 0,
  from: 0,
  runs: [],
})

/** Where the memory came from; each kind is given back in its own way. */
export type Memory =
  | { readonly kind: 'vb2'; readonly device: Device; readonly mem: Vb2Mem }
  | { readonly kind: 'coherent'; readonly device: Device; readonly memory: Coherent; readonly attrs: number }
  | { readonly kind: 'pages'; readonly pfn: Pfn }
  | { readonly kind: 'user'; readonly mapping: UserMapping }
  | { readonly kind: 'dumb'; readonly device: Device; readonly handle: GemBuffer['handle']; close(): void }
  | { readonly kind: 'list'; readonly parts: readonly ListedPart[] }
  | { readonly kind: 'fd' }
  | { readonly kind: 'memfd'; readonly mapping: UserMapping }

/** Bytes of another buffer that an entry of a list covers, and the entry. */
export interface ListedPart {
  readonly buffer: LabBuffer
  readonly offset: number
  readonly entry: Pick<SgEntry, 'page' | 'offset' | 'length'> & Partial<SgEntry>
}

/** A stretch of a buffer, where it lies in the buffer that has the memory. */
export interface Stretch {
  readonly buffer: LabBuffer
  /** In `buffer`, and in what was asked about. */
  readonly offset: number
  readonly from: number
  readonly len: number
}

export class LabBuffer {
  readonly name: string
  readonly size: number
  readonly memory: Memory
  fd: number | null
  /** Its memory was given back. */
  freed = false
  readonly importers: Map<string, Importer> = new Map()
  /** What the last writer of each byte put there: a pattern that starts at `base`. */
  private readonly written = new Intervals<{ readonly seed: number; readonly base: number }>()

  constructor(name: string, size: number, memory: Memory, fd: number | null) {
    this.name = name
    this.size = size
    this.memory = memory
    this.fd = fd
  }

  /** `first` is the place in the pattern of the byte at `offset`. */
  wrote(offset: number, len: number, seed: number, first = 0): void {
    this.written.set(offset, len, { seed, base: offset - first })
  }

  /** [offset, offset + len) in the buffers that have the memory: this one, or those that a list is made of. */
  stretches(offset: number, len: number): readonly Stretch[] {
    if (this.memory.kind !== 'list') return [{ buffer: this, offset, from: offset, len }]
    const found: Stretch[] = []
    let before = 0
    for (const part of this.memory.parts) {
      const from = Math.max(offset, before)
      const to = Math.min(offset + len, before + part.entry.length)
      if (from < to) found.push({ buffer: part.buffer, offset: part.offset + (from - before), from, len: to - from })
      before += part.entry.length
    }
    return found
  }

  /** The parts of [offset, offset + len) that were written, with what should be there. */
  expected(
    offset: number,
    len: number,
  ): { readonly offset: number; readonly len: number; readonly content: Content }[] {
    return this.written.within(offset, len).map(({ base, end, value }) => {
      const from = Math.max(base, offset)
      return {
        offset: from,
        len: Math.min(end, offset + len) - from,
        content: { seed: value.seed, offset: from - value.base },
      }
    })
  }
}
