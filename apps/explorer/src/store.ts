// What the page shows and what is chosen in it: one set of signals, which all views share, so that a choice in one is followed by the others.
import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { Event, EventsView, RunsView, ViewData } from '@dmalab/api'
import { type Timeline, timelineInPieces, type ViewBuffer } from '@dmalab/report/view'
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { First } from './first.ts'
import type { Form } from './form.ts'
import type { Ask } from './laboratory.ts'
import { inSlices } from './slices.ts'
import type { AxisKind } from './timeline-axis.ts'

/** What went wrong, as it is shown. */
interface Trouble {
  readonly message: string
  readonly hint: string | null
}

export interface Store {
  readonly ask: Ask
  readonly first: First
  readonly data: Signal<ViewData | null>
  /** The run that was shown before this one. */
  readonly before: Signal<RunsView | null>
  readonly form: Signal<Form | null>
  readonly busy: Signal<string | null>
  readonly trouble: Signal<Trouble | null>
  /** Milliseconds that the last run took in the page, for the status line. */
  readonly took: Signal<number | null>
  /** All views of the data are in the page: they come one by one. */
  readonly isWhole: Signal<boolean>
  /** What is chosen: a column of the comparison, an event, a buffer, a device. */
  readonly kernel: Signal<number>
  readonly event: Signal<number | null>
  readonly buffer: Signal<number | null>
  readonly device: Signal<string | null>
  /** What the time line is drawn by; null: what suits its events. */
  readonly axis: Signal<AxisKind | null>
  /** What follows from them. */
  readonly run: ReadonlySignal<EventsView | null>
  readonly events: ReadonlySignal<readonly Event[]>
  /** Null: there are no events, or they are being laid out. */
  readonly timeline: ReadonlySignal<Timeline | null>
  /** Lays out the events that are shown. */
  readonly layOut: () => Promise<void>
  readonly chosenBuffer: ReadonlySignal<ViewBuffer | null>
}

export const createStore = (ask: Ask, first: First): Store => {
  const data = signal<ViewData | null>(null)
  const kernel = signal(0)
  const event = signal<number | null>(null)
  const buffer = signal<number | null>(null)
  const timelines = new WeakMap<EventsView, Timeline>()
  const run = computed(() => {
    const shown = data.value
    if (shown?.kind === 'runs') return shown.runs[kernel.value] ?? null
    return shown?.kind === 'trace' ? shown.run : null
  })
  const laid = signal(0)
  const timeline = computed(() => (laid.value >= 0 && run.value !== null ? (timelines.get(run.value) ?? null) : null))
  const busy = signal<string | null>(null)
  const layOut = async (): Promise<void> => {
    const shown = run.value
    if (shown === null || timelines.has(shown)) return
    const was = busy.value
    const done = await inSlices(timelineInPieces(shown.events), (part) => {
      busy.value = `Laying out ${shown.events.length} events: ${Math.round(part * 100)} %`
    })
    timelines.set(shown, done)
    busy.value = was
    laid.value++
  }
  return {
    ask,
    first,
    data,
    before: signal(null),
    form: signal(null),
    busy,
    trouble: signal(null),
    took: signal(null),
    isWhole: signal(false),
    kernel,
    event,
    buffer,
    device: signal(null),
    axis: signal(null),
    run,
    events: computed(() => run.value?.events ?? []),
    timeline,
    layOut,
    chosenBuffer: computed(() => (buffer.value === null ? null : (timeline.value?.buffers[buffer.value] ?? null))),
  }
}

export const StoreContext = createContext<Store | null>(null)

export const useStore = (): Store => {
  const store = useContext(StoreContext)
  if (store === null) throw new Error('a view outside the page')
  return store
}

/** Chooses an event, and the buffer and device that it is about. */
export const chooseEvent = (store: Store, event: number): void => {
  const { timeline, events } = store
  const at = Math.max(0, Math.min(event, events.value.length - 1))
  store.event.value = at
  const buffer = timeline.value?.touched[at] ?? -1
  if (buffer >= 0) store.buffer.value = buffer
  const here = events.value[at]
  const lane = timeline.value?.laneOf[at] ?? 0
  if (here !== undefined && 'device' in here && here.device !== undefined) store.device.value = here.device
  // A fault names no device: it is in the lane of whose step it was.
  else if (lane > 0) store.device.value = timeline.value?.lanes[lane]?.name ?? null
}

/** Chooses a buffer, its device, and where there is none yet in its lifetime, its first event. */
export const chooseBuffer = (store: Store, id: number): void => {
  const one = store.timeline.value?.buffers[id]
  if (one === undefined) return
  store.buffer.value = id
  store.device.value = one.device
  const at = store.event.value
  if (at === null || at < one.from || (one.to !== null && at > one.to)) store.event.value = one.from
}

/** Chooses a column: what is chosen in another run may not be in this. */
export const chooseKernel = async (store: Store, index: number): Promise<void> => {
  store.kernel.value = index
  await store.layOut()
  if (store.kernel.value !== index) return
  const { event, buffer, events, timeline } = store
  if (event.value !== null && event.value >= events.value.length) event.value = null
  if (buffer.value !== null && timeline.value?.buffers[buffer.value] === undefined) buffer.value = null
}

/** Shows data, with what is most worth looking at chosen. */
export const show = async (store: Store, view: ViewData): Promise<void> => {
  const last = store.data.value
  if (view.kind === 'runs' && last?.kind === 'runs') store.before.value = last
  batch(() => {
    store.event.value = null
    store.buffer.value = null
    store.device.value = null
    store.data.value = view
    store.trouble.value = null
    store.kernel.value = 0
  })
  if (view.kind !== 'runs' && view.kind !== 'trace') return
  await store.layOut()
  if (store.data.value !== view) return
  const fault = store.timeline.value?.ticks.find(({ kind }) => kind === 'fault' || kind === 'wrong')
  const first = fault?.event ?? store.timeline.value?.arrows[0]?.event ?? store.timeline.value?.buffers[0]?.from
  if (first !== undefined) chooseEvent(store, first)
  store.buffer.value ??= store.timeline.value?.arrows.findLast((arrow) => arrow.event <= (first ?? 0))?.buffer ?? null
}
