// Cache lines of the chosen buffer, page frame by page frame, with a slider over the moments at which they changed.
import { LINE_STATES, type LineSample, type LineState } from '@dmalab/api'
import { useEffect, useRef } from 'preact/hooks'
import { chooseEvent, useStore } from '../store.ts'
import { bytes, count, shown } from './text.ts'

const PAGE = 4096
const LOOK: Readonly<Record<LineState, string>> = {
  'not cached': '--soft',
  clean: '--good',
  dirty: '--cpu',
  stale: '--fault',
  foreign: '--bounce',
}
/** Pixels of a line in a row of a page frame, and the most of a picture's height. */
const CELL = 6
const HIGHEST = 420
/** Where all lines are alike there is little to see. */
const UNIFORM = 48

export const CacheLines = () => {
  const store = useStore()
  const canvas = useRef<HTMLCanvasElement>(null)
  const buffer = store.chosenBuffer.value
  const run = store.run.value
  const lineSize = lineSizeOf(store)
  const samples =
    buffer === null || run === null
      ? []
      : run.lines.filter(
          (one) =>
            buffer.pieces.some(({ base }) => base === one.base) &&
            one.event >= buffer.from &&
            (buffer.to === null || one.event <= buffer.to),
        )
  const moments = [...new Set(samples.map(({ event }) => event))]
  const at = store.event.value ?? moments.at(-1) ?? 0
  const place = Math.max(
    0,
    moments.findLastIndex((one) => one <= at),
  )
  const moment = moments[place] ?? 0
  const now = latest(samples, moment)
  const perPage = PAGE / lineSize
  const frames = now.reduce((sum, { len }) => sum + Math.ceil(len / PAGE), 0)
  const counts = countsOf(now)
  const isUniform = counts.filter((lines) => lines > 0).length < 2
  const height = Math.max(0.05, Math.min(CELL, (isUniform ? UNIFORM : HIGHEST) / Math.max(1, frames)))
  useEffect(() => {
    const { current } = canvas
    if (current === null) return undefined
    const draw = (): void => paintLines(current, now, perPage, height, lineSize)
    draw()
    const dark = matchMedia('(prefers-color-scheme: dark)')
    dark.addEventListener('change', draw)
    return () => dark.removeEventListener('change', draw)
  }, [moment, buffer, run])
  if (buffer === null || run === null || run.boot === null) return null
  return (
    <section class="card" aria-labelledby="lines-title" data-view="lines">
      <header>
        <h2 id="lines-title">Cache lines</h2>
        <p class="dim">
          {shown(buffer.name)}, {bytes(buffer.size)}, {lineSize}-byte lines; a row a page frame
        </p>
      </header>
      {moments.length === 0 ? (
        <p>Nothing is known of its lines: it lies where the events do not tell.</p>
      ) : (
        <>
          <div class="scroll" tabIndex={0} role="region" aria-label="Picture of the lines">
            <canvas
              ref={canvas}
              role="img"
              aria-label={`Lines of ${buffer.name} after event ${moment}: ${wordsOf(counts)}`}
              style={{ width: `${perPage * CELL}px`, maxWidth: '100%', height: `${frames * height}px` }}
            />
          </div>
          <label class="field tools">
            <span>
              change {place + 1} of {moments.length}, at event {moment}
            </span>
            <input
              type="range"
              min="0"
              max={moments.length - 1}
              value={place}
              disabled={moments.length < 2}
              aria-valuetext={`event ${moment}: ${wordsOf(counts)}`}
              onInput={({ currentTarget }) => {
                const id = buffer.id
                chooseEvent(store, moments[Number(currentTarget.value)] ?? moment)
                store.buffer.value = id
              }}
            />
          </label>
          <p class="legend" aria-live="polite">
            {LINE_STATES.map((state, i) => (
              <span key={state}>
                <i class={`line-${i}`} /> {state}: {count(counts[i] ?? 0)}
              </span>
            ))}
          </p>
          {place === 0 ? null : (
            <p class="dim">Before it: {wordsOf(countsOf(latest(samples, moments[place - 1] ?? 0)))}.</p>
          )}
        </>
      )}
    </section>
  )
}

const lineSizeOf = ({ events }: ReturnType<typeof useStore>): number => {
  const session = events.value[0]
  return session?.event === 'session' ? session.lineSize : 64
}

/** Of each piece the last sample up to a moment. */
const latest = (samples: readonly LineSample[], moment: number): readonly LineSample[] => {
  const found = new Map<number, LineSample>()
  for (const sample of samples) if (sample.event <= moment) found.set(sample.base, sample)
  return [...found.values()].toSorted((a, b) => a.base - b.base)
}

const countsOf = (samples: readonly LineSample[]): readonly number[] => {
  const counts = LINE_STATES.map(() => 0)
  for (const { runs } of samples)
    for (let i = 0; i < runs.length; i += 2) counts[runs[i + 1] ?? 0] = (counts[runs[i + 1] ?? 0] ?? 0) + (runs[i] ?? 0)
  return counts
}

const wordsOf = (counts: readonly number[]): string =>
  LINE_STATES.flatMap((state, i) => ((counts[i] ?? 0) > 0 ? [`${count(counts[i] ?? 0)} ${state}`] : [])).join(', ') ||
  'no lines'

const paintLines = (
  canvas: HTMLCanvasElement,
  samples: readonly LineSample[],
  perPage: number,
  height: number,
  lineSize: number,
): void => {
  const style = getComputedStyle(document.documentElement)
  const probe = document.createElement('span')
  document.body.append(probe)
  const colours = LINE_STATES.map((state) => {
    probe.style.color = `var(${LOOK[state]})`
    return getComputedStyle(probe).color || style.color
  })
  probe.remove()
  const frames = samples.reduce((sum, { len }) => sum + Math.ceil(len / PAGE), 0)
  canvas.width = perPage * CELL
  canvas.height = Math.max(1, Math.round(frames * height))
  const ctx = canvas.getContext('2d')
  if (ctx === null) return
  let top = 0
  for (const { base, len, runs } of samples) {
    // A buffer may begin within a page frame.
    let line = Math.floor((base % PAGE) / lineSize)
    for (let i = 0; i < runs.length; i += 2) {
      ctx.fillStyle = colours[runs[i + 1] ?? 0] ?? ''
      for (let left = runs[i] ?? 0; left > 0;) {
        const [row, column] = [Math.floor(line / perPage), line % perPage]
        const here = Math.min(left, perPage - column)
        ctx.fillRect(column * CELL, top + row * height, here * CELL, height > 3 ? height - 1 : Math.max(1, height))
        line += here
        left -= here
      }
    }
    top += Math.ceil(len / PAGE) * height
  }
}
