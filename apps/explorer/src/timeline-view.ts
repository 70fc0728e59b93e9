// How a time line is looked at: its colours, what is chosen, which part is seen, and where events stand on the canvas.
import type { Owner, TickKind } from '@dmalab/report/view'
import type { Axis } from './timeline-axis.ts'
import { LEFT, type Window } from './timeline-scene.ts'

export interface Colours {
  readonly owners: Readonly<Record<Owner, string>>
  readonly ticks: Readonly<Record<TickKind, string>>
  readonly ink: string
  readonly dim: string
  readonly rule: string
  readonly soft: string
  readonly card: string
  readonly chosen: string
}

export interface Chosen {
  readonly event: number | null
  readonly buffer: number | null
  readonly device: string | null
}

/** What is seen: pixels of events and their marks, and the first and the last of them. */
export interface View {
  readonly axis: Axis
  readonly window: Window
  readonly first: number
  readonly last: number
  readonly x: (event: number) => number
  readonly mark: (event: number) => number
}

export const viewOf = (axis: Axis, window: Window, width: number): View => {
  const scale = (width - LEFT) / (window.to - window.from)
  return {
    axis,
    window,
    first: axis.eventAt(window.from),
    last: axis.eventAt(window.to),
    x: (event) => LEFT + (axis.begin(event) - window.from) * scale,
    mark: (event) => LEFT + (axis.mark(event) - window.from) * scale,
  }
}
