// The time line: a lane a device, a bar a buffer coloured by who has it. The table of events says the same in words.
import { eventText } from '@dmalab/report/view'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { chooseBuffer, chooseEvent, useStore } from '../store.ts'
import { useCanvas, useLaneInSight, useMoves } from '../timeline-canvas.ts'
import { axesOf, type AxisKind, axisOf, bestAxis } from '../timeline-axis.ts'
import { hit, LEFT, sceneOf, type Window } from '../timeline-scene.ts'
import { useSignal } from '@preact/signals'
import { count, cut, shown } from './text.ts'

/** Pixels: where there are more lanes, they scroll, and only those that are seen are painted. */
const MOST_HEIGHT = 720

const AXES: Readonly<Record<AxisKind, string>> = {
  order: 'order of events',
  time: 'time of the log',
  steps: 'steps, equally wide',
}

export const TimelineView = () => {
  const store = useStore()
  const timeline = store.timeline.value
  const scene = useMemo(() => (timeline === null ? null : sceneOf(timeline)), [timeline])
  const span = useSignal<Window>({ from: 0, to: 1 })
  const canvas = useRef<HTMLCanvasElement>(null)
  const events = store.events.value
  const total = Math.max(1, timeline?.count ?? 1)
  const axes = useMemo(() => (timeline === null ? [] : axesOf(timeline, events)), [timeline, events])
  const best = useMemo(() => (timeline === null ? 'order' : bestAxis(timeline, events)), [timeline, events])
  const wanted = store.axis.value ?? best
  const axis = useMemo(() => (timeline === null ? null : axisOf(wanted, timeline, events)), [wanted, timeline, events])
  const length = axis?.length ?? 1
  useEffect(() => void (span.value = { from: 0, to: length }), [axis])

  // What is chosen elsewhere comes into sight.
  const at = store.event.value
  useEffect(() => {
    const { from, to } = span.peek()
    const place = at === null || axis === null ? null : axis.mark(at)
    if (place !== null && (place < from || place > to)) move(place - (to - from) / 2 - from)
  }, [at])

  const { event, buffer, device } = store
  useCanvas(canvas, scene, axis, span.value, { event: event.value, buffer: buffer.value, device: device.value })
  useLaneInSight(canvas, scene, device.value)

  const set = (from: number, to: number): void => {
    const wide = Math.min(length, Math.max(axis?.closest ?? length, to - from))
    const start = Math.max(0, Math.min(length - wide, from))
    span.value = { from: start, to: start + wide }
  }
  const move = (by: number): void => set(span.value.from + by, span.value.to + by)
  const zoom = (factor: number, around = chosenPlace()): void => {
    const { from, to } = span.value
    const centre = Math.max(from, Math.min(around, to))
    set(centre - (centre - from) * factor, centre + (to - centre) * factor)
  }
  const chosenPlace = (): number =>
    store.event.value === null || axis === null ? (span.value.from + span.value.to) / 2 : axis.mark(store.event.value)
  useMoves(canvas, scene !== null, {
    zoom: (factor, around) => {
      const { from, to } = span.peek()
      zoom(factor, from + around * (to - from))
    },
    move: (by) => {
      const { from, to } = span.peek()
      move(by * (to - from))
    },
  })
  if (scene === null || timeline === null || axis === null) return null

  const onKey = (event: KeyboardEvent): void => {
    const now = store.event.value ?? -1
    const wide = span.value.to - span.value.from
    const keys: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => (event.shiftKey ? move(-wide / 8) : chooseEvent(store, now - 1)),
      ArrowRight: () => (event.shiftKey ? move(wide / 8) : chooseEvent(store, now + 1)),
      ArrowUp: () => nextBuffer(-1),
      ArrowDown: () => nextBuffer(1),
      Home: () => chooseEvent(store, 0),
      End: () => chooseEvent(store, total - 1),
      PageUp: () => move(-wide),
      PageDown: () => move(wide),
      '+': () => zoom(0.6),
      '=': () => zoom(0.6),
      '-': () => zoom(1 / 0.6),
      '0': () => set(0, length),
      f: () => nextFault(),
    }
    const act = keys[event.key]
    if (act === undefined || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    act()
  }
  const nextBuffer = (by: number): void => {
    const size = timeline.buffers.length
    if (size > 0) chooseBuffer(store, ((store.buffer.value ?? (by > 0 ? -1 : 0)) + by + size) % size)
  }
  const nextFault = (): void => {
    const now = store.event.value ?? -1
    const faults = timeline.ticks.filter(({ kind }) => kind === 'fault' || kind === 'wrong' || kind === 'refused')
    const next = faults.find(({ event }) => event > now) ?? faults[0]
    if (next !== undefined) chooseEvent(store, next.event)
  }
  const onClick = (event: MouseEvent): void => {
    const box = canvas.current?.getBoundingClientRect()
    if (box === undefined) return
    const found = hit(
      scene,
      axis,
      span.value,
      box.width,
      event.clientX - box.left,
      event.clientY - box.top + (canvas.current?.parentElement?.scrollTop ?? 0),
    )
    if (event.clientX - box.left < LEFT) {
      if (found.lane !== null) store.device.value = found.lane
      return
    }
    chooseEvent(store, found.event)
    if (found.buffer !== null) {
      store.buffer.value = found.buffer
      store.device.value = timeline.buffers[found.buffer]?.device ?? store.device.value
    }
  }
  const faults = timeline.ticks.filter(({ kind }) => kind === 'fault').length
  return (
    <section class="card wide" aria-labelledby="timeline-title" data-view="timeline">
      <header>
        <h2 id="timeline-title">Time line</h2>
        <p class="dim">
          {count(timeline.count)} events, {count(timeline.buffers.length)}{' '}
          {timeline.buffers.length === 1 ? 'buffer' : 'buffers'}
        </p>
        <div class="row tools">
          {axes.length < 2 ? null : (
            <label>
              drawn by{' '}
              <select
                value={axis.kind}
                onChange={({ currentTarget }) => (store.axis.value = currentTarget.value as AxisKind)}
              >
                {axes.map((kind) => (
                  <option key={kind} value={kind}>
                    {AXES[kind]}
                  </option>
                ))}
              </select>
            </label>
          )}
          <button type="button" onClick={() => zoom(0.5)}>
            Closer
          </button>
          <button type="button" onClick={() => zoom(2)}>
            Farther
          </button>
          <button type="button" onClick={() => set(0, length)}>
            All
          </button>
          <button type="button" onClick={nextFault}>
            Next fault
          </button>
        </div>
      </header>
      <div
        class="board"
        style={{ maxHeight: `${MOST_HEIGHT}px` }}
        tabIndex={0}
        role="group"
        aria-roledescription="time line"
        aria-labelledby="timeline-title"
        aria-describedby="timeline-keys"
        onKeyDown={onKey}
      >
        <canvas
          ref={canvas}
          role="img"
          aria-label={`${timeline.lanes.length} lanes: ${timeline.lanes
            .slice(0, 12)
            .map(({ name }) => name)
            .join(
              ', ',
            )}; ${timeline.arrows.length} imports; ${faults} faults. The table of events below says the same in words.`}
          style={{ height: `${Math.min(scene.height, MOST_HEIGHT)}px` }}
          onClick={onClick}
        />
        {scene.height > MOST_HEIGHT ? <div style={{ height: `${scene.height - MOST_HEIGHT}px` }} /> : null}
      </div>
      <p class="hidden" id="timeline-keys">
        Left and right: the event before and after. Up and down: the buffer before and after. Shift with left and right
        moves, plus and minus zoom, 0 shows all, f goes to the next fault.
      </p>
      <p class="announce" aria-live="polite">
        <Announced />
      </p>
      <Legend />
    </section>
  )
}

/** The chosen event in words. */
const Announced = () => {
  const { event, events, timeline } = useStore()
  const here = event.value === null ? undefined : events.value[event.value]
  if (event.value === null || here === undefined) return <>Choose an event: click, or use the arrow keys.</>
  const buffer = timeline.value?.buffers[timeline.value.touched[event.value] ?? -1]
  return (
    <>
      <b>#{event.value}</b> <code>{here.event}</code> {cut(eventText(here), 260)}
      {buffer === undefined ? null : <span class="dim"> ({shown(buffer.name)})</span>}
    </>
  )
}

const LEGEND: readonly (readonly [name: string, text: string])[] = [
  ['--cpu', 'the CPU has it'],
  ['--device', 'a device has it'],
  ['--transit', 'queued, or with another device'],
]
const TICK_LEGEND: readonly (readonly [name: string, text: string])[] = [
  ['--good', 'sync'],
  ['--dim', 'access, cache work'],
  ['--bounce', 'bounce'],
  ['--warn', 'refused'],
  ['--fault', 'fault, wrong bytes'],
]

const Legend = () => (
  <p class="legend">
    {LEGEND.map(([name, text]) => (
      <span key={name}>
        <i class={`swatch${name}`} /> {text}
      </span>
    ))}
    {TICK_LEGEND.map(([name, text]) => (
      <span key={name}>
        <i class={`swatch${name} thin`} /> {text}
      </span>
    ))}
    <span>arrows: from the exporter to the importer</span>
    <span class="no-print">Ctrl and wheel zooms, dragging moves</span>
  </p>
)
