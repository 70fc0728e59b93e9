// What `board show` and `board lint` say of a machine, as data.
import type { BootMemory } from './boot-memory.ts'
import type { Severity } from './findings.ts'
import type { DisabledDevice, DmaRange, Range } from './machine.ts'

export interface MemoryRow extends Range {
  /** `memory`, or the names of the regions that lie there. */
  readonly what: string
  readonly kind: string
  /** Since 5.12 kernels keep entries for no-map memory inside a bank; before, they did not. */
  readonly structPage: 'yes' | 'no' | 'since 5.12'
  /** `highmem`: mapped page by page when needed. */
  readonly linearMap: 'yes' | 'no' | 'highmem'
  readonly cpuMapping: string
}

export interface MasterRow {
  readonly device: string
  readonly class: string
  /** Its kernel driver, and what that offers; null where only the class is known. */
  readonly driver: { readonly name: string; readonly source: string; readonly offers: readonly string[] } | null
  readonly maskBits: number
  /** Highest bus address, where the interconnect or dma-ranges limit it. */
  readonly busLimit?: number
  readonly windows: readonly DmaRange[]
  readonly iommu?: { readonly name: string; readonly enabled: boolean }
  readonly coherent: boolean
  readonly pools: readonly string[]
  /** Bytes of memory it can address without help. */
  readonly reach: number
  readonly memory: number
  /** What that means, one sentence each. */
  readonly means: readonly string[]
}

export interface BoardDescription {
  readonly name: string
  readonly title: string
  readonly arch: string
  readonly cpu: string
  readonly memory: number
  readonly map: readonly MemoryRow[]
  readonly masters: readonly MasterRow[]
  readonly bindings: Readonly<Record<string, string>>
  /** There, and switched off in the device tree. */
  readonly disabled: readonly DisabledDevice[]
  /** What the board does not state, and a kernel decides. */
  readonly assumed: readonly string[]
  /** What a kernel makes of the memory at boot; null where none was named. */
  readonly boot: (BootMemory & { readonly kernel: string; readonly notes: readonly string[] }) | null
}

/** One finding of `board lint`; `Code` is the list of codes of whoever found it. */
export interface BoardFinding<Code extends string = string> {
  readonly code: Code
  readonly severity: Severity
  /** Node path. */
  readonly node: string
  readonly message: string
}
