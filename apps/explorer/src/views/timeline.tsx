// The time line: a lane a device, a bar a buffer coloured by who has it. The table of events says the same in words.
import { eventText } from '@dmalab/report/view'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { chooseBuffer, chooseEvent, useStore } from '../store.ts'
import { coloursOf } from '../colours.ts'
import { FrameTimes } from '../frame-times.ts'
import { stopwatch } from '../stopwatch.ts'
import { type Colours, paint } from '../timeline-paint.ts'
import { hit, LEFT, sceneOf, type Window } from '../timeline-scene.ts'
import { useSignal } from '@preact/signals'
import { count, cut, shown } from './text.ts'

/** Fewest events that fill the width. */
const CLOSEST = 12

export const TimelineView = () => {
  const store = useStore()
  const timeline = store.timeline.value
  const scene = useMemo(() => (timeline === null ? null : sceneOf(timeline)), [timeline])
  const span = useSignal<Window>({ from: 0, to: 1 })
  const canvas = useRef<HTMLCanvasElement>(null)
  // The style is asked once, not with each frame.
  const colours = useRef<Colours | null>(null)
  const times = useMemo(() => new FrameTimes(), [])
  const total = Math.max(1, timeline?.count ?? 1)
  useEffect(() => void (span.value = { from: 0, to: total }), [timeline])

  // What is chosen elsewhere comes into sight.
  const at = store.event.value
  useEffect(() => {
    const { from, to } = span.peek()
    if (at !== null && (at < from || at > to)) move(at - (to - from) / 2 - from)
  }, [at])

  useEffect(() => {
    const { current } = canvas
    if (scene === null || current === null) return undefined
    const draw = (): void => {
      const elapsed = stopwatch()
      const width = current.clientWidth
      const ratio = devicePixelRatio
      if (current.width !== Math.round(width * ratio) || current.height !== Math.round(scene.height * ratio)) {
        current.width = Math.round(width * ratio)
        current.height = Math.round(scene.height * ratio)
      }
      const ctx = current.getContext('2d')
      if (ctx === null) return
      ctx.setTransform(ratio, 0, 0, ratio, 0, 0)
      const { event, buffer, device } = store
      paint(
        ctx,
        width,
        scene,
        span.value,
        { event: event.value, buffer: buffer.value, device: device.value },
        (colours.current ??= coloursOf()),
      )
      times.add(elapsed())
      current.dataset['script'] = times.text()
    }
    const frame = requestAnimationFrame(draw)
    const resized = new ResizeObserver(() => requestAnimationFrame(draw))
    resized.observe(current)
    const dark = matchMedia('(prefers-color-scheme: dark)')
    const repaint = (): void => {
      colours.current = null
      draw()
    }
    dark.addEventListener('change', repaint)
    return () => {
      cancelAnimationFrame(frame)
      resized.disconnect()
      dark.removeEventListener('change', repaint)
    }
  }, [scene, span.value, store.event.value, store.buffer.value, store.device.value])

  const set = (from: number, to: number): void => {
    const wide = Math.min(total, Math.max(CLOSEST, to - from))
    const start = Math.max(0, Math.min(total - wide, from))
    span.value = { from: start, to: start + wide }
  }
  const move = (by: number): void => set(span.value.from + by, span.value.to + by)
  const zoom = (factor: number, around = store.event.value ?? (span.value.from + span.value.to) / 2): void => {
    const { from, to } = span.value
    const centre = Math.max(from, Math.min(around, to))
    set(centre - (centre - from) * factor, centre + (to - centre) * factor)
  }
  useWheel(canvas, (event, x, width) => {
    const { from, to } = span.peek()
    if (event.ctrlKey || event.metaKey || event.altKey)
      zoom(Math.exp(Math.sign(event.deltaY) * 0.22), from + ((x - LEFT) * (to - from)) / (width - LEFT))
    else move((Math.sign(event.deltaX === 0 ? event.deltaY : event.deltaX) * (to - from)) / 12)
  })
  if (scene === null || timeline === null) return null

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
      '0': () => set(0, total),
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
    const found = hit(scene, span.value, box.width, event.clientX - box.left, event.clientY - box.top)
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
          {count(timeline.count)} events, {timeline.buffers.length} buffers; events are in order, not to scale of time
        </p>
        <div class="row tools">
          <button type="button" onClick={() => zoom(0.5)}>
            Closer
          </button>
          <button type="button" onClick={() => zoom(2)}>
            Farther
          </button>
          <button type="button" onClick={() => set(0, total)}>
            All
          </button>
          <button type="button" onClick={nextFault}>
            Next fault
          </button>
        </div>
      </header>
      <div
        class="board"
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
          style={{ height: `${scene.height}px` }}
          onClick={onClick}
        />
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
    <span class="no-print">Ctrl and wheel zooms, Shift and wheel moves</span>
  </p>
)

/** The browser takes wheel listeners of frameworks for passive ones. */
const useWheel = (
  canvas: { readonly current: HTMLCanvasElement | null },
  onWheel: (event: WheelEvent, x: number, width: number) => void,
): void => {
  const latest = useRef(onWheel)
  latest.current = onWheel
  useEffect(() => {
    const { current } = canvas
    const listen = (event: WheelEvent): void => {
      const isOurs =
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        event.shiftKey ||
        Math.abs(event.deltaX) > Math.abs(event.deltaY)
      // A plain wheel scrolls the page.
      if (!isOurs || current === null) return
      event.preventDefault()
      const box = current.getBoundingClientRect()
      latest.current(event, event.clientX - box.left, box.width)
    }
    current?.addEventListener('wheel', listen, { passive: false })
    return () => current?.removeEventListener('wheel', listen)
  }, [canvas.current])
}
