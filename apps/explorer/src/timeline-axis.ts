// Where an event stands on a time line: by its order, by the time of the log, or with each step of the run equally wide.
import type { Event } from '@dmalab/api'
import type { Timeline } from '@dmalab/report/view'

export const AXES = ['order', 'time', 'steps'] as const
export type AxisKind = (typeof AXES)[number]

export interface Axis {
  readonly kind: AxisKind
  /** Places go from 0 to this. */
  readonly length: number
  /** The narrowest part that fills the width. */
  readonly closest: number
  /** Where an event begins; one after the last: where it ends. */
  readonly begin: (event: number) => number
  /** Where its mark is drawn. */
  readonly mark: (event: number) => number
  /** The event that is at a place. */
  readonly eventAt: (place: number) => number
}

/** Events that fill the width at the least. */
const CLOSEST = 12

const inOrder = (count: number): Axis => ({
  kind: 'order',
  length: Math.max(1, count),
  closest: Math.min(Math.max(1, count), CLOSEST),
  begin: (event) => event,
  mark: (event) => event + 0.5,
  eventAt: (place) => Math.floor(place),
})

/** `places` of all events and of the end, which never fall. */
const byPlaces = (kind: AxisKind, places: Float64Array, closest: number): Axis => {
  const begin = (event: number): number => places[Math.max(0, Math.min(event, places.length - 1))] ?? 0
  return {
    kind,
    length: begin(places.length - 1),
    closest,
    begin,
    mark: begin,
    eventAt: (place) => {
      let low = 0
      let high = places.length
      while (low < high) {
        const middle = Math.floor((low + high) / 2)
        if ((places[middle] ?? 0) > place) high = middle
        else low = middle + 1
      }
      return Math.max(0, low - 1)
    },
  }
}

/** Seconds since the first event; undefined: not every event has a time, or none passes. */
const byTime = (events: readonly Event[]): Axis | undefined => {
  const places = new Float64Array(events.length + 1)
  const start = Number(events[0]?.time)
  let last = 0
  for (const [i, { time }] of events.entries()) {
    const at = Number(time) - start
    if (!Number.isFinite(at)) return undefined
    // Events of several CPUs may be a little out of order.
    last = places[i] = Math.max(last, at)
  }
  places[events.length] = last * (1 + 1 / Math.max(1, events.length))
  return last > 0 ? byPlaces('time', places, Math.min(last, Math.max(last * 1e-7, 1e-5))) : undefined
}

/** A step is as wide as the next, however much happens in it; undefined: there are not several. */
const bySteps = ({ steps, count }: Timeline): Axis | undefined => {
  if (steps.length < 2) return undefined
  const places = new Float64Array(count + 1)
  const begins = [...((steps[0]?.event ?? 0) > 0 ? [0] : []), ...steps.map(({ event }) => event), count]
  let most = 1
  for (const [step, from] of begins.slice(0, -1).entries()) {
    const to = begins[step + 1] ?? count
    most = Math.max(most, to - from)
    for (let i = from; i < to; i++) places[i] = step + (i - from) / (to - from)
  }
  places[count] = begins.length - 1
  return byPlaces('steps', places, CLOSEST / Math.max(CLOSEST, most))
}

export const axisOf = (kind: AxisKind, timeline: Timeline, events: readonly Event[]): Axis => {
  const wanted = kind === 'time' ? byTime(events) : kind === 'steps' ? bySteps(timeline) : undefined
  return wanted ?? inOrder(timeline.count)
}

/** What a time line can be drawn by. */
export const axesOf = (timeline: Timeline, events: readonly Event[]): readonly AxisKind[] => [
  'order',
  ...(events[0]?.time !== undefined && axisOf('time', timeline, events).kind === 'time' ? (['time'] as const) : []),
  ...(timeline.steps.length > 1 ? (['steps'] as const) : []),
]

const BINS = 64

/** Time, where events are spread over it; where most of it is idle they would lie upon each other, and their order says more. */
export const bestAxis = (timeline: Timeline, events: readonly Event[]): AxisKind => {
  const axis = axisOf('time', timeline, events)
  if (axis.kind !== 'time') return 'order'
  const used = new Set<number>()
  for (let i = 0; i < events.length; i++) used.add(Math.floor((axis.begin(i) / axis.length) * BINS))
  return used.size >= Math.min(BINS, events.length) / 3 ? 'time' : 'order'
}
