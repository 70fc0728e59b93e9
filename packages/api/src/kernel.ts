// A kernel is data: architecture and release, its facts, op tables, patches on top.
import type { DeviceFacts } from './machine.ts'
import type { DmaBufOps } from './dma-buf.ts'
import type { BuildFacts, KernelFacts } from './kernel-facts.ts'
import type { DmaOps, DmaOpsDef, Host } from './ops.ts'
import type { AllocatorHost, Vb2MemOps } from './vb2.ts'

export interface ConfigOption {
  readonly meaning: string
  readonly default: boolean | number | string
  /** Smallest and largest number that Kconfig takes. */
  readonly range?: readonly [number, number]
}

export interface KernelOptions {
  /** CONFIG_ names without the prefix. */
  readonly config: Readonly<Record<string, boolean | number | string>>
  /** Command line parameters; `true` for a bare word. The values of one that is given several times have a blank between them. */
  readonly cmdline: Readonly<Record<string, string | true>>
}

export interface KernelDef {
  /** `arm@4.11`. */
  readonly name: string
  /** Name of an Arch. */
  readonly arch: string
  readonly title: string
  readonly source: string
  /** Facts with the given options applied. */
  facts(options: KernelOptions): BuildFacts
  readonly config: Readonly<Record<string, ConfigOption>>
  readonly cmdline: Readonly<Record<string, string>>
  /** Options of other kernels that this one does not have, and why: the answer to a user who asks for one. */
  readonly lacks?: Readonly<Record<string, string>>
  /** Of the given options, those that change nothing beside the others, and why. */
  idle(options: KernelOptions): Readonly<Record<string, string>>
  /** Op tables of its own; those of other plug-ins and the built-in ones are there by name. */
  readonly ops: readonly DmaOpsDef[]
  /** Name of the op table a device gets. */
  opsFor(device: DeviceFacts, options: KernelOptions, iommuEnabled: boolean): string
}

/** One hunk of a patch, for people: file and what it changes. */
export interface PatchHunk {
  readonly file: string
  readonly what: string
}

export interface Patch {
  readonly name: string
  readonly title: string
  readonly source: string
  readonly hunks: readonly PatchHunk[]
  /** Architectures or kernels it applies to; absent: all. */
  readonly appliesTo?: readonly string[]
  /** Patches it cannot be stacked with, and why. */
  readonly conflicts?: Readonly<Record<string, string>>
  /** Configuration without which it does not build: CONFIG_ name without the prefix -> what is missing then. */
  readonly requires?: Readonly<Record<string, string>>
  /** Attribute bits it defines. */
  readonly attrs?: Readonly<Record<string, number>>
  readonly sg?: {
    /** C members added to struct scatterlist: name -> bytes on 32-bit and 64-bit. */
    readonly cFields?: Readonly<
      Record<string, { readonly type: string; readonly bytes32: number; readonly bytes64: number }>
    >
    /** What an exporter's attach copies into the importer's list beside the page. */
    readonly attachCopies?: readonly ('attrs' | 'dmaAddress')[]
    /** Entries with these attribute bits are left alone by an operation. */
    readonly skip?: Partial<Record<'map' | 'unmap' | 'sync', number>>
  }
  /** Operations replaced or wrapped, by op table name. */
  readonly ops?: Readonly<Record<string, (next: DmaOps, host: Host) => DmaOps>>
  /** dma_buf_ops wrapped, by exporter name. */
  readonly exporters?: Readonly<Record<string, (next: DmaBufOps, host: AllocatorHost) => DmaBufOps>>
  /** vb2_mem_ops wrapped, by allocator name. */
  readonly allocators?: Readonly<Record<string, (next: Vb2MemOps, host: AllocatorHost) => Vb2MemOps>>
  /** Kernel functions it exports, by C name, for a kernel with these facts. */
  readonly exports?: (facts: KernelFacts) => Readonly<Record<string, (...args: never[]) => unknown>>
  /** Release facts it changes. */
  readonly facts?: Partial<BuildFacts>
  /** Capabilities of op tables it changes. */
  readonly caps?: Readonly<Record<string, Partial<DmaOpsDef['caps']>>>
}

/** A kernel ready to run: base, patches in order, options. */
export interface KernelSpec {
  /** `arm@4.11+nopage-rfc`. */
  readonly name: string
  readonly base: KernelDef
  readonly patches: readonly Patch[]
  readonly options: KernelOptions
}
