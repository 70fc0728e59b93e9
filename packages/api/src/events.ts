// The event stream: the kernel's tracepoints by their own names, plus what no kernel prints.
// A model run and a real ftrace log both become this; the checker and the report read nothing else.
// Field names follow the printed text (facts: include/trace/events/{dma,swiotlb,iommu,cma,vb2,v4l2,dma_buf,dma_fence}.h).

import type { DmaEvent, PlatformEvent } from './dma-events.ts'
import type { LabEvent } from './lab-events.ts'
import type { DmaBufEvent, FenceEvent, MediaEvent } from './media-events.ts'

/** How much is reported: one event an operation; also what stands in lists; also one a page; also one a cache line. */
export type Detail = 'op' | 'list' | 'page' | 'line'

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

/** Takes events; `wants` lets a producer skip building what nothing listens to. */
export interface EventSink {
  wants(detail: Detail): boolean
  emit(event: EventBody): void
}
