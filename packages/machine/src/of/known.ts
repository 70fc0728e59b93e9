// What has been found out about the nodes of a tree, so that each is asked once: ways up are shared, and a damaged blob makes them long.
import type { FdtNode } from '../fdt/node.ts'
import type { Bus } from './bus.ts'
import type { RangeIndex } from './range-index.ts'

/** One entry as it stands in the property. */
export interface RawDmaRange {
  readonly bus: bigint
  readonly parent: bigint
  readonly size: bigint
  /** First cell of a three-cell address. */
  readonly flagsCell?: number
}

/** What a device behind the bus sees: `size` bytes at `dmaStart` are the bytes at `cpuStart`. */
export interface DmaWindow {
  readonly dmaStart: bigint
  readonly cpuStart: bigint
  readonly size: bigint
}

export interface DmaRanges {
  readonly cells: { readonly child: number; readonly parent: number; readonly size: number }
  readonly entries: readonly RawDmaRange[]
  readonly windows: readonly DmaWindow[]
  readonly untranslatable: number
  readonly leftoverCells: number
  /** Windows before neighbours were merged. */
  readonly unmerged: number
  /**
   * Highest CPU address that Linux computes from the entries. It also counts those that could not be translated, whose
   * address is all ones.
   */
  readonly maxCpuAddress: bigint
}

export interface DmaBus {
  /** Node whose non-empty dma-ranges count for the device. */
  readonly bus?: FdtNode
  /** `cut`: such a node lies above (`spec`), but Linux gives up before it gets there. */
  readonly status: 'ok' | 'none' | 'cut'
  readonly spec?: FdtNode
}

/** The way from the bus that a node is on to the one above. */
export interface Hop {
  readonly bus: FdtNode
  readonly kind: Bus
  readonly addressCells: number
  /** Absent at the top. Without ranges: 1:1. */
  readonly up?: { readonly ranges?: Ranges }
}

interface Ranges {
  /** Ranges by the kind of address they are for. */
  readonly byKind: ReadonlyMap<number, RangeIndex>
  readonly start: (index: number) => bigint
  /** Cells of the address above. */
  readonly parent: (index: number) => readonly number[]
}

export interface Known {
  readonly ranges: Map<FdtNode, DmaRanges>
  /** Undefined for cell counts that Linux refuses. */
  readonly hops: Map<FdtNode, Hop | undefined>
  /** What a walk finds that comes to the node from below. */
  readonly busAbove: Map<FdtNode, DmaBus>
  /** The first on the way up that says whether it snoops. */
  readonly coherence: Map<FdtNode, FdtNode | undefined>
  /** Do its DMA parents never end? */
  readonly circles: Map<FdtNode, boolean>
}

export const nothingKnown = (): Known => ({
  ranges: new Map(),
  hops: new Map(),
  busAbove: new Map(),
  coherence: new Map(),
  circles: new Map(),
})
