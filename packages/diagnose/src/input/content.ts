// What an input holds, read: the facts that joins work on.
import type { ArchName, Event, KlogReport, LogCheck, Machine } from '@dmalab/api'
import type { LintFinding } from '@dmalab/machine'

/** A line of an input. */
export interface Place {
  readonly line: number
  readonly text: string
}

/** What a kernel log says of its machine, beside its messages. */
export interface LogFacts {
  readonly release: (Place & { readonly value: string }) | undefined
  readonly arch: (Place & { readonly value: ArchName }) | undefined
  readonly model: (Place & { readonly value: string }) | undefined
  readonly cmdline: (Place & { readonly value: string }) | undefined
  /** Bytes of CMA that the kernel counts, all areas together. */
  readonly cma: (Place & { readonly value: number }) | undefined
  /** Banks of memory, or all of it where only the sum is printed: SIZE@BASE or SIZE, as --memory takes them. */
  readonly memory: readonly string[]
  /** Names of platform devices (`fe801000.csi`), with the first line. */
  readonly devices: ReadonlyMap<string, Place>
  /** A driver's own line with a negative errno. */
  readonly failures: readonly DriverFailure[]
  /** Lines with a pipeline. */
  readonly pipelines: readonly Place[]
  /** Lines with the prefix of a kernel log. */
  readonly kernelLines: number
}

export interface DriverFailure extends Place {
  readonly driver: string
  readonly device: string
  readonly errno: number
}

/** A mapping of a trace; `device` is empty for one of an IOMMU's page table. */
export interface Mapping {
  readonly device: string
  readonly at: number
  readonly len: number
  readonly line: number
  unmapped: number | undefined
}

export interface DeviceUse {
  mappings: number
  bounces: number
  /** Bits of the mask that swiotlb saw. */
  maskBits: number | undefined
  /** Bytes of the largest mapping or allocation. */
  largest: number
  readonly line: number
}

export interface TraceFacts {
  readonly devices: ReadonlyMap<string, DeviceUse>
  readonly mappings: readonly Mapping[]
  readonly faults: readonly (Event & { readonly event: 'io_page_fault' })[]
  readonly failedCma: readonly (Event & { readonly event: 'cma_alloc_finish' })[]
  readonly release: (Place & { readonly value: string }) | undefined
}

interface Named {
  readonly file: string
}
export type Content = Named &
  (
    | {
        readonly kind: 'log'
        readonly report: KlogReport
        readonly facts: LogFacts
        readonly trace: ReadTrace | undefined
      }
    | ({ readonly kind: 'trace' } & ReadTrace)
    | TreeContent
    | { readonly kind: 'overlay'; readonly blob: Uint8Array }
    | {
        readonly kind: 'board'
        readonly text: string
        readonly machine: Machine
        readonly lint: readonly LintFinding[]
      }
    | { readonly kind: 'scenario'; readonly text: string }
    | { readonly kind: 'line'; readonly line: string; readonly at: number }
    | { readonly kind: 'config'; readonly values: ReadonlyMap<string, Place & { readonly value: string }> }
    | { readonly kind: 'cmdline'; readonly text: string }
    /** Bytes by name, such as CmaTotal. */
    | {
        readonly kind: 'figures'
        readonly bytes: ReadonlyMap<string, Place & { readonly value: number }>
        /** System RAM of /proc/iomem, as --memory takes it. */
        readonly memory: readonly string[]
        /** /proc/iomem of a PC, which has no tree; undefined: another machine, or other figures. */
        readonly iomem: string | undefined
      }
    /** PCI functions, as lspci prints them. */
    | { readonly kind: 'functions'; readonly text: string }
    /** Mask bits by device. */
    | {
        readonly kind: 'masks'
        readonly masks: ReadonlyMap<string, Place & { readonly bits: number }>
        readonly text: string
      }
    | { readonly kind: 'groups'; readonly groups: ReadonlyMap<string, Place & { readonly type: string }> }
    | { readonly kind: 'contents'; readonly missing: readonly Place[]; readonly redacted: boolean }
    | { readonly kind: 'other'; readonly why: string }
    /** Held text of a kind that is one whole, not looked into. */
    | { readonly kind: 'bundle'; readonly parts: number; readonly why: string | undefined }
  )

export interface ReadTrace {
  readonly check: LogCheck
  readonly facts: TraceFacts
}

export interface TreeContent extends Named {
  readonly kind: 'tree'
  readonly blob: Uint8Array
  /** Files of overlays that were laid over it. */
  readonly overlays: readonly string[]
  /** Banks that the tree does not state: SIZE or SIZE@BASE. */
  readonly memory: readonly string[]
  /** undefined: no board can be made of it, and why. */
  readonly machine: Machine | undefined
  readonly why: string | undefined
  readonly model: string | undefined
  readonly lint: readonly LintFinding[]
  /** Paths of all nodes, by the names that the kernel gives their devices. */
  readonly names: ReadonlyMap<string, string>
  /** Stream IDs that IOMMUs know devices by. */
  readonly streams: readonly Stream[]
  /** Devices by the name of the IOMMU in front of them. */
  readonly behind: ReadonlyMap<string, readonly string[]>
}

export interface Stream {
  readonly id: number
  readonly device: string
}

export type LogContent = Extract<Content, { readonly kind: 'log' }>
export type BoardContent = Extract<Content, { readonly kind: 'tree' | 'board' }>
