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

/**
 * A listener that takes the commonest events as numbers, so that nothing is made for them: true, it has taken it. False: it wants it as an
 * event like all others. `pid` is -1 where there is no task.
 */
export interface NumberListener {
  onMap(
    name: 'dma_map_page' | 'dma_map_resource' | 'dma_map_phys',
    device: string,
    dmaAddr: number,
    size: number,
    dir: number,
    attrs: number,
    physAddr: number,
    at: number,
    pid: number,
  ): boolean
  onUnmap(
    name: 'dma_unmap_page' | 'dma_unmap_resource' | 'dma_unmap_phys',
    device: string,
    dmaAddr: number,
    size: number,
    dir: number,
    attrs: number,
    at: number,
  ): boolean
  /** Is the name all that it wants of such events? `count` of them come. */
  onName(name: EventName, at: number, count: number): boolean
  onEvent(event: Event): void
}

/** Takes events; `wants` lets a producer skip building what nothing listens to. */
export interface EventSink {
  wants(detail: Detail): boolean
  emit(event: EventBody): void
}

/** A listener to a log that may do without task, cpu and time: `onBare` gets such an event, and says whether it has taken it. */
export interface BareListener extends NumberListener {
  onBare(event: Event): boolean
}

/** A sink that takes single mappings as numbers: an event is made of them only for who wants one. */
export interface MappingSink extends EventSink {
  /** wants('op'), as what asks for each mapping reads it. */
  readonly heard: boolean
  /** Tells the name of `count` events, where whoever listens needs no more of them, or nothing listens. False: they must be emitted. */
  tellName(name: EventName, count: number): boolean
  emitMap(
    name: 'dma_map_page' | 'dma_map_resource' | 'dma_map_phys',
    device: string,
    dmaAddr: number,
    size: number,
    dir: number,
    attrs: number,
    physAddr: number,
  ): void
  emitUnmap(
    name: 'dma_unmap_page' | 'dma_unmap_resource' | 'dma_unmap_phys',
    device: string,
    dmaAddr: number,
    size: number,
    dir: number,
    attrs: number,
  ): void
}
