// The event stream: the kernel's tracepoints by their own names, plus what no kernel prints.
// A model run and a real ftrace log both become this; the checker and the report read nothing else.
// Field names follow the printed text (facts: include/trace/events/{dma,swiotlb,iommu,cma,vb2,v4l2,dma_buf,dma_fence}.h).

import type { FindingCode } from './findings.ts'

/** How much is told: one event an operation; also one a page; also one a cache line. */
export type Detail = 'op' | 'page' | 'line'

/** Common to all events. `at` is the step number of a run (1, 2, 3 ...) or the line number of a log. */
export interface EventBase {
  readonly at: number
  /** Log only: task, pid, cpu, seconds as printed. */
  readonly task?: string
  readonly pid?: number
  readonly cpu?: number
  readonly time?: string
  /** Log only: in interrupt context (hard, soft or NMI); absent when the log does not say. */
  readonly interrupt?: boolean
}

/** What `emit` takes: everything but `at`, which the stream adds. */
export type EventBody = DmaEvent | DmaBufEvent | FenceEvent | PlatformEvent | MediaEvent | LabEvent
export type Event = EventBase & EventBody
export type EventName = EventBody['event']

interface Streaming {
  readonly device: string
  readonly dir: number
  readonly dmaAddr: number
  readonly size: number
  readonly attrs: number
}

export type DmaEvent =
  | (Streaming & {
      readonly event: 'dma_map_page' | 'dma_map_resource' | 'dma_map_phys'
      readonly physAddr: number
      /** Model only: memory that must not be mapped this way, as dma-debug tells it apart. */
      readonly area?: 'stack' | 'stack-page' | 'text' | 'invalid' | 'vmalloc' | 'zone-device'
    })
  | (Streaming & { readonly event: 'dma_unmap_page' | 'dma_unmap_resource' | 'dma_unmap_phys' })
  | (Streaming & {
      readonly event: 'dma_alloc' | 'dma_alloc_pages' | 'dma_alloc_sgt_err'
      /** Kernel address, or what the log shows of it (hashed); empty when the allocation failed. */
      readonly virtAddr: string
      readonly flags: string
      /** Model only: physical address of the memory. */
      readonly physAddr?: number
      /** Model only: name of the per-device pool it came from. */
      readonly pool?: string
    })
  | (Streaming & { readonly event: 'dma_free' | 'dma_free_pages'; readonly virtAddr: string })
  | (Streaming & { readonly event: 'dma_alloc_sgt'; readonly physAddrs: readonly number[]; readonly flags: string })
  | (Omit<Streaming, 'attrs'> & { readonly event: 'dma_free_sgt'; readonly physAddrs: readonly number[] })
  | {
      readonly event: 'dma_map_sg'
      readonly device: string
      readonly dir: number
      /** Entries given and entries that came out; the arrays may be cut at 128. */
      readonly nents: number
      readonly ents: number
      readonly truncated: boolean
      readonly dmaAddrs: readonly number[]
      readonly sizes: readonly number[]
      readonly physAddrs: readonly number[]
      readonly attrs: number
    }
  | {
      readonly event: 'dma_map_sg_err'
      readonly device: string
      readonly dir: number
      readonly physAddrs: readonly number[]
      readonly err: number
      readonly attrs: number
    }
  | {
      readonly event: 'dma_unmap_sg'
      readonly device: string
      readonly dir: number
      readonly physAddrs: readonly number[]
      readonly attrs: number
      /** The line was cut: there were more addresses, and attributes. */
      readonly truncated?: boolean
    }
  | {
      readonly event: 'dma_sync_single_for_cpu' | 'dma_sync_single_for_device'
      readonly device: string
      readonly dir: number
      readonly dmaAddr: number
      readonly size: number
    }
  | {
      readonly event: 'dma_sync_sg_for_cpu' | 'dma_sync_sg_for_device'
      readonly device: string
      readonly dir: number
      readonly dmaAddrs: readonly number[]
      readonly sizes: readonly number[]
    }

interface DmaBufIdentity {
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

/** swiotlb, iommu, cma. */
export type PlatformEvent =
  | {
      readonly event: 'swiotlb_bounced'
      readonly device: string
      readonly dmaMask: number
      readonly devAddr: number
      readonly size: number
      readonly force: boolean
    }
  | {
      readonly event: 'add_device_to_group' | 'remove_device_from_group'
      readonly group: number
      readonly device: string
    }
  | { readonly event: 'attach_device_to_domain' | 'detach_device_from_domain'; readonly device: string }
  | {
      readonly event: 'map'
      readonly iova: number
      readonly end: number
      readonly physAddr: number
      readonly size: number
    }
  | {
      readonly event: 'unmap'
      readonly iova: number
      readonly end: number
      readonly size: number
      readonly unmappedSize: number
    }
  | {
      readonly event: 'io_page_fault'
      readonly driver: string
      readonly device: string
      readonly iova: number
      /** 0 read, 1 write. */
      readonly flags: number
    }
  | { readonly event: 'cma_alloc_start'; readonly name: string; readonly count: number; readonly align: number }
  | {
      readonly event: 'cma_alloc_finish' | 'cma_alloc_busy_retry'
      readonly name: string
      readonly pfn: number
      readonly count: number
      readonly align: number
      readonly errno?: number
    }
  | { readonly event: 'cma_release'; readonly name: string; readonly pfn: number; readonly count: number }

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

/** What no kernel traces: the laboratory's own view. */
export type LabEvent =
  /** Opens every stream of a run: all that checker and report need to know about machine and kernel. */
  | {
      readonly event: 'session'
      readonly machine: string
      readonly kernel: string
      readonly lineSize: number
      readonly memory: readonly { readonly base: number; readonly len: number }[]
      readonly pools: readonly { readonly name: string; readonly base: number; readonly len: number }[]
      readonly devices: readonly {
        readonly name: string
        readonly coherent: boolean
        readonly maskBits: number
        readonly ops: string
        readonly maxSegmentSize: number
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
  | { readonly event: 'oops'; readonly oops: Oops }
  /** Kernel code that is known to be wrong just answered so; `code` is the finding. */
  | { readonly event: 'kernel_quirk'; readonly code: FindingCode; readonly text: string; readonly device?: string }
  /** tracing_mark_write of a log, or the end of a case in the model: what is live after it is a leak. */
  | { readonly event: 'marker'; readonly text: string }
  | { readonly event: 'end' }
  /** A log says that k events are missing here. */
  | { readonly event: 'lost'; readonly count: number | undefined }

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

/** Takes events; `wants` lets a producer skip building what nobody listens to. */
export interface EventSink {
  wants(detail: Detail): boolean
  emit(event: EventBody): void
}
