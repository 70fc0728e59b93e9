// The scale of a time line: what it is drawn by, and marks with numbers.
import type { Axis } from './timeline-axis.ts'
import { LEFT, type Window } from './timeline-scene.ts'

const TITLES: Readonly<Record<Axis['kind'], string>> = {
  order: 'events, in order',
  time: 'time of the log',
  steps: 'steps of the run',
}

/** Pixels between two marks, at least. */
const APART = 90

export interface Mark {
  readonly at: number
  readonly text: string
}

/** Marks at round numbers, with a unit that suits the width of what is seen. */
export const marksOf = ({ kind }: Axis, { from, to }: Window, pixels: number): readonly Mark[] => {
  const step = roundStep((to - from) / Math.max(1, Math.floor(pixels / APART)), kind === 'time' ? 0 : 1)
  const marks: Mark[] = []
  for (let n = Math.ceil(from / step); n * step <= to && marks.length < 200; n++)
    marks.push({ at: n * step, text: kind === 'time' ? timeText(n * step, step) : String(Math.round(n * step)) })
  return marks
}

const roundStep = (rough: number, least: number): number => {
  const ten = 10 ** Math.floor(Math.log10(Math.max(rough, 1e-12)))
  return Math.max(least, ([1, 2, 5].find((one) => one * ten >= rough) ?? 10) * ten)
}

/** Seconds with as many digits as tell two marks apart. */
const timeText = (at: number, step: number): string => {
  const [size, unit] = step >= 1 ? [1, 's'] : step >= 1e-3 ? [1e3, 'ms'] : [1e6, 'µs']
  const digits = Math.max(0, -Math.floor(Math.log10(step * size) + 1e-9))
  return `${(at * size).toFixed(Math.min(3, digits))} ${unit}`
}

export const paintScale = (
  ctx: CanvasRenderingContext2D,
  width: number,
  axis: Axis,
  window: Window,
  colours: { readonly dim: string; readonly rule: string },
): void => {
  const scale = (width - LEFT) / (window.to - window.from)
  ctx.font = '11px system-ui, sans-serif'
  ctx.textBaseline = 'top'
  ctx.fillStyle = colours.dim
  ctx.fillText(TITLES[axis.kind], 0, 3, LEFT - 10)
  for (const { at, text } of marksOf(axis, window, width - LEFT)) {
    const x = Math.round(LEFT + (at - window.from) * scale)
    ctx.fillStyle = colours.rule
    ctx.fillRect(x, 2, 1, 14)
    ctx.fillStyle = colours.dim
    if (x + 4 + ctx.measureText(text).width < width) ctx.fillText(text, x + 4, 3)
  }
}
