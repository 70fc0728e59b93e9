// A patch: kernel functions that it replaces or wraps, and data for what a hunk does inside a loop.
import type { DmaBufOps } from './dma-buf.ts'
import type { BuildFacts, KernelFacts } from './kernel-facts.ts'
import type { DmaOps, DmaOpsDef, Host } from './ops.ts'
import type { SgAttachCopy } from './sg.ts'
import type { AllocatorHost, Vb2MemOps } from './vb2.ts'

/** One hunk of a patch, for people. */
export interface PatchHunk {
  readonly file: string
  /** The function, macro or type that it changes, by C name. */
  readonly symbol: string
  /** What it changes there. */
  readonly what: string
}

/**
 * Replaces or wraps a kernel function that implements an operation of op tables. `next` is the function as it was: the stock one, or
 * that of the patch before. Called once for each device whose table calls the function.
 */
export type FunctionPatch = {
  [Operation in keyof DmaOps]: (next: DmaOps[Operation], host: Host) => DmaOps[Operation]
}[keyof DmaOps]

/** Entries of a list that a loop leaves alone. */
export interface PatchSkip {
  /** Attribute bits; one is enough. */
  readonly bits: number
  /** Members that the loop has set already when it looks at the bits. */
  readonly sets: readonly 'dmaLength'[]
}

export interface Patch {
  readonly name: string
  readonly title: string
  readonly source: string
  readonly hunks: readonly PatchHunk[]
  /** Architectures or kernels it applies to; absent: all. */
  readonly appliesTo?: readonly string[]
  /**
   * The patch that it carries to other kernels: asked for there, that patch is this one. Attribute bits that such a release has given another
   * meaning are a finding of each run, not a refusal.
   */
  readonly ports?: string
  /** What of that patch has no place on these kernels, and what stands there today. */
  readonly leftOut?: readonly PatchHunk[]
  /** Patches it cannot be stacked with, and why. */
  readonly conflicts?: Readonly<Record<string, string>>
  /** Configuration without which it does not build: CONFIG_ name without the prefix -> what is missing then. */
  readonly requires?: Readonly<Record<string, string>>
  /** Attribute bits it defines. */
  readonly attrs?: Readonly<Record<string, number>>
  /** Functions of op tables, by C name: each table that has the function on a call path (DmaOpsDef.symbols) gets it. */
  readonly functions?: Readonly<Record<string, FunctionPatch>>
  readonly sg?: {
    /** C members added to struct scatterlist: name -> bytes on 32-bit and 64-bit. */
    readonly cFields?: Readonly<
      Record<string, { readonly type: string; readonly bytes32: number; readonly bytes64: number }>
    >
    /** What an exporter's attach copies into the importer's list beside the page. */
    readonly attachCopies?: readonly SgAttachCopy[]
    /** Entries that the loops of map, unmap or sync leave alone. */
    readonly skip?: Partial<Record<'map' | 'unmap' | 'sync', PatchSkip>>
  }
  /** dma_buf_ops wrapped, by exporter name. */
  readonly exporters?: Readonly<Record<string, (next: DmaBufOps, host: AllocatorHost) => DmaBufOps>>
  /** vb2_mem_ops wrapped, by allocator name. */
  readonly allocators?: Readonly<Record<string, (next: Vb2MemOps, host: AllocatorHost) => Vb2MemOps>>
  /** Kernel functions it exports, by C name, for a kernel with these facts. */
  readonly exports?: (facts: KernelFacts) => Readonly<Record<string, (...args: never[]) => unknown>>
  /** Release facts it changes. */
  readonly facts?: Partial<BuildFacts>
  /** What op tables with a function, by its C name, now say of themselves. */
  readonly caps?: Readonly<Record<string, Partial<DmaOpsDef['caps']>>>
}
