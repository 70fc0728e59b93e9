// Events that no kernel traces: cache work, accesses, faults, and the frame of a run.
import type { RawEntry } from './dma-events.ts'
import type { FindingCode } from './findings.ts'
import type { DmaBufIdentity } from './media-events.ts'
import type { KernelText, TraceRelease } from './kernel-logs.ts'

/** What no kernel traces: the laboratory's own view. */
export type LabEvent =
  /** Opens every stream of a run: all that checker and report need to know about machine and kernel. */
  | {
      readonly event: 'session'
      readonly machine: string
      readonly kernel: string
      readonly lineSize: number
      /** Width of a phys_addr_t: kernel messages print all digits of one. */
      readonly physAddrBits: 32 | 64
      /** Releases whose dma-debug it has, and whose trace events it prints. */
      readonly dmaDebug: KernelText
      readonly traceFormat: TraceRelease
      readonly memory: readonly { readonly base: number; readonly len: number }[]
      readonly pools: readonly { readonly name: string; readonly base: number; readonly len: number }[]
      readonly devices: readonly {
        readonly name: string
        readonly coherent: boolean
        readonly maskBits: number
        readonly ops: string
        /** Name of its driver, as kernel messages have it. */
        readonly driver?: string
        readonly maxSegmentSize: number
        /** Highest bus address that the interconnect carries; absent where only the mask limits it. */
        readonly busLimit?: number
        /** Segment boundary mask, e.g. 0xffffffff; absent means none. */
        readonly segmentBoundary?: number
      }[]
    }
  /** A step of user space begins; everything up to the next `step` belongs to it. */
  | { readonly event: 'step'; readonly what: string; readonly element?: string; readonly device?: string }
  /** An ioctl of user space returned; `errno` is absent when it worked. */
  | {
      readonly event: 'ioctl'
      readonly name: string
      readonly device: string
      readonly errno?: string
      readonly why?: string
    }
  /** A kernel message (dev_err, pr_err, dprintk of the modelled code). */
  | { readonly event: 'printk'; readonly level: 'err' | 'warn' | 'info' | 'debug'; readonly text: string }
  /** Cache maintenance on one range. `op` is the hook: map/unmap/flush are the inner cache, o* the outer. Detail `page`. */
  | {
      readonly event: 'cache_maint'
      readonly op: 'map' | 'unmap' | 'flush' | 'oinv' | 'oclean' | 'oflush' | 'zero' | 'pgclean'
      readonly physAddr: number
      readonly size: number
      readonly dir: number
    }
  /** What the hook above does line by line: c clean, i invalidate, ci both. Detail `line`. */
  | { readonly event: 'cache_line'; readonly op: 'c' | 'i' | 'ci' | 'sync'; readonly physAddr: number }
  /** The kernel called its architecture's hook for a range, whether or not that needs cache work. Detail `page`. */
  | {
      readonly event: 'arch_sync'
      readonly to: 'device' | 'cpu'
      readonly physAddr: number
      readonly size: number
      readonly dir: number
    }
  /** Bytes were copied into a bounce pool (`in`) or back (`out`). Detail `page`. */
  | {
      readonly event: 'bounce_copy'
      readonly copy: 'in' | 'out'
      readonly device: string
      readonly tlbAddr: number
      readonly origAddr: number
      readonly size: number
    }
  /** What a whole list needed: one summary an operation. */
  | {
      readonly event: 'cache_summary'
      readonly device: string
      readonly op: string
      readonly lines: number
      /** Lines that were dirty and written back. */
      readonly writtenBack: number
      /** Entries that an attribute exempted, and the line operations this saved. */
      readonly skippedEntries: number
      readonly skippedLines: number
    }
  /** A driver let go of its device (BUS_NOTIFY_UNBOUND_DRIVER): what is still mapped for it is lost. */
  | { readonly event: 'driver_unbound'; readonly device: string }
  /**
   * dma_get_sgtable() made a list: for the first and last page of each entry, what its page pointer is (`struct page`, `no struct page`,
   * `no pointer to one`), the address that page_to_phys() makes of it, and where the memory lies (-1: nothing tells). Entries that a
   * patch tagged as having no page are left out.
   */
  | {
      readonly event: 'dma_get_sgtable'
      readonly device: string
      readonly dmaAddr: number
      readonly size: number
      readonly pages: readonly string[]
      readonly physAddrs: readonly number[]
      readonly places: readonly number[]
    }
  /** The driver asked dma_mapping_error() about an address. */
  | { readonly event: 'dma_mapping_error'; readonly device: string; readonly dmaAddr: number }
  /** Memory went back to a per-device pool: the kernel traces the allocation but not this. */
  | {
      readonly event: 'pool_free'
      readonly device: string
      readonly pool: string
      readonly dmaAddr: number
      readonly size: number
    }
  /** dma_iova_link() put memory behind bus addresses; the kernel traces the page table entries, not the mapping. */
  | {
      readonly event: 'iova_link'
      readonly device: string
      readonly dmaAddr: number
      readonly physAddr: number
      readonly size: number
      readonly dir: number
      readonly attrs: number
    }
  /** dma_iova_sync(): the device may use what was linked within these addresses. */
  | { readonly event: 'iova_sync'; readonly device: string; readonly dmaAddr: number; readonly size: number }
  /** dma_iova_unlink(), or dma_iova_destroy(): what was linked within these addresses is not any more. */
  | { readonly event: 'iova_unlink'; readonly device: string; readonly dmaAddr: number; readonly size: number }
  /** The last reference to a dma-buf went and its exporter released it: closing an fd leaves no trace in a log. */
  | (DmaBufIdentity & { readonly event: 'dma_buf_release' })
  /** A device read or wrote by bus address. */
  | {
      readonly event: 'device_access'
      readonly device: string
      readonly write: boolean
      readonly dmaAddr: number
      readonly size: number
      /** Physical address of the first byte reached; absent when nothing answered. */
      readonly physAddr?: number
      /** Bytes that differ from what the writer wrote; absent when nothing was compared. */
      readonly wrong?: number
      readonly firstWrong?: number
      /** Owner of memory it should not have reached. */
      readonly foreign?: string
      /** Bits of an address that the device keeps, where the address given to it has more: it used the low ones. */
      readonly addressBits?: number
      /** Bytes that reached nothing, and why. */
      readonly blocked?: number
      readonly fault?: string
      readonly buffer?: string
    }
  /** The CPU read or wrote through a mapping. */
  | {
      readonly event: 'cpu_access'
      readonly task: string
      readonly write: boolean
      readonly virtAddr: string
      readonly physAddr: number
      readonly size: number
      readonly mapping: 'cached' | 'uncached' | 'writecombine'
      readonly wrong?: number
      readonly buffer?: string
      /** Where the bytes lie, when that is not in one piece from `physAddr` on. */
      readonly runs?: readonly { readonly base: number; readonly len: number }[]
    }
  /** A TLB answered for an address that its tables no longer map: the device reached memory it had lost. */
  | {
      readonly event: 'stale_translation'
      readonly device: string
      readonly write: boolean
      readonly dmaAddr: number
      readonly physAddr: number
    }
  | { readonly event: 'type_confusion'; readonly what: string; readonly virtAddr: string; readonly read: string }
  /** A call of the DMA API that never returned: the oops that follows is inside it. Its own event, which comes at the end, is missing. */
  | (StoppedCall & { readonly event: 'stopped_call' })
  | { readonly event: 'oops'; readonly oops: Oops }
  /** Kernel code that is known to be wrong just answered so; `code` is the finding. */
  | { readonly event: 'kernel_quirk'; readonly code: FindingCode; readonly text: string; readonly device?: string }
  /** tracing_mark_write of a log, or the end of a case in the model: what is live after it is a leak. */
  | { readonly event: 'marker'; readonly text: string }
  /** `stoppedAt` is the step that ended the run early: what is live was not reached by the steps that give it back. */
  | { readonly event: 'end'; readonly stoppedAt?: string }
  /** A log names the kernel that wrote it, as `uname -r` does. */
  | { readonly event: 'kernel_release'; readonly release: string }
  /** A log says that k events are missing here. */
  | { readonly event: 'lost'; readonly count: number | undefined }

/** What the call was given: a list, or one entry that stands for the page or the registers. */
export interface StoppedCall {
  readonly call: 'map_page' | 'map_resource' | 'map_sg' | 'unmap_sg' | 'sync_sg_for_cpu' | 'sync_sg_for_device'
  readonly device: string
  readonly dir: number
  readonly attrs: number
  readonly entries: readonly RawEntry[]
}

/** A modelled kernel fault, as an oops shows it. */
export interface Oops {
  /** Faulting kernel virtual address, or physical address for an external abort. */
  readonly address: string
  /** The function that faulted. */
  readonly function: string
  /** Kernel symbols, innermost first, as a backtrace prints them. */
  readonly callPath: readonly string[]
  readonly reason: 'paging request' | 'NULL pointer' | 'external abort' | 'BUG' | 'stall'
  /** The console text. */
  readonly text: readonly string[]
}

export type CacheMaintenance = Extract<LabEvent, { readonly event: 'cache_maint' }>
