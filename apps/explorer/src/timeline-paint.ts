// Paints a time line on a canvas, in pieces: from one bar that is drawn it jumps to the first that ends in a later pixel.
import type { Owner, TickKind } from '@dmalab/report/view'
import { paintArrows } from './timeline-arrows.ts'
import type { Axis } from './timeline-axis.ts'
import { paintScale } from './timeline-scale.ts'
import { type Chosen, type Colours, type View, viewOf } from './timeline-view.ts'
import { above, type Lane, LEFT, type Row, type Scene, TOP, type Window } from './timeline-scene.ts'

const OWNER_OF: readonly Owner[] = ['cpu', 'device', 'transit']
/** Of several in a pixel the gravest is drawn. */
const WEIGHT: Readonly<Record<TickKind, number>> = {
  access: 0,
  cache: 1,
  sync: 2,
  bounce: 3,
  refused: 4,
  wrong: 5,
  fault: 6,
}

/** What is painted: the part of the scene from `scroll` on that a canvas of `width` and `height` shows. */
export interface Picture {
  readonly ctx: CanvasRenderingContext2D
  readonly width: number
  readonly height: number
  readonly scroll: number
  readonly scene: Scene
  readonly axis: Axis
  readonly window: Window
  readonly chosen: Chosen
  readonly colours: Colours
}

/** Rows of a lane that are painted in one piece. */
const ROWS = 4

/** Paints piece by piece, so that who calls can leave off for the next frame: until a lane is painted, the old one is seen. */
export function* paint(picture: Picture): Generator<undefined, void> {
  const { ctx, width, height, scroll, scene, axis, window, chosen, colours } = picture
  const view = viewOf(axis, window, width)
  const lanes = scene.lanes.filter((lane) => lane.top + lane.height > scroll && lane.top < scroll + height)
  const steps = scene.timeline.steps.filter(({ event }) => event >= view.first && event <= view.last)
  for (const lane of lanes) {
    ctx.save()
    ctx.translate(0, -scroll)
    ctx.clearRect(0, lane.top - 4, width, lane.height)
    ctx.fillStyle = colours.rule
    ctx.fillRect(0, lane.top - 4, width, 1)
    for (const { event } of steps) ctx.fillRect(Math.round(view.x(event)), lane.top - 3, 1, lane.height)
    ctx.restore()
    for (let i = 0; i < lane.rows.length; i += ROWS) {
      ctx.save()
      ctx.translate(0, -scroll)
      for (const [n, row] of lane.rows.slice(i, i + ROWS).entries())
        paintRow(ctx, row, lane.top + (i + n) * lane.rowHeight, lane.rowHeight, width, view, chosen, colours)
      ctx.restore()
      yield undefined
    }
    ctx.save()
    ctx.translate(0, -scroll)
    paintTicks(ctx, lane, view, colours)
    paintName(ctx, lane, chosen, colours)
    ctx.restore()
    yield undefined
  }
  const end = scene.height - 8 - scroll
  if (end < height) ctx.clearRect(0, end, width, height - end)
  ctx.save()
  ctx.translate(0, -scroll)
  paintArrows(ctx, scene, view, chosen, colours)
  ctx.restore()
  ctx.clearRect(0, 0, width, TOP - 4)
  paintScale(ctx, width, axis, window, colours)
  paintSteps(ctx, width, steps, view, colours)
  if (chosen.event !== null && chosen.event >= view.first && chosen.event <= view.last) {
    ctx.fillStyle = colours.chosen
    ctx.fillRect(Math.round(view.mark(chosen.event)) - 0.5, TOP - 6, 1, height)
  }
}

/** A bar, or neighbours that look alike and are too narrow to be told apart. */
interface Run {
  readonly left: number
  right: number
  readonly owner: number
  readonly isBounced: boolean
  readonly isChosen: boolean
  readonly hasBegin: boolean
}

/** Narrower ones are joined with their neighbours. */
const NARROW = 12

const isAlike = (run: Run, owner: number, isBounced: boolean, isChosen: boolean): boolean =>
  run.owner === owner && run.isBounced === isBounced && run.isChosen === isChosen

const paintRow = (
  ctx: CanvasRenderingContext2D,
  row: Row,
  top: number,
  rowHeight: number,
  end: number,
  view: View,
  chosen: Chosen,
  colours: Colours,
): void => {
  const { axis, window, x } = view
  const pixel = (window.to - window.from) / (end - LEFT)
  let run: Run | undefined
  for (let i = above(row.to, view.first); i < row.from.length;) {
    const from = row.from[i] ?? 0
    if (from > view.last) break
    const left = Math.max(LEFT, x(from))
    const right = Math.max(left + 1, Math.min(x(row.to[i] ?? 0), end))
    const isChosen = row.buffer[i] === chosen.buffer
    const owner = row.owner[i] ?? 0
    const isBounced = row.bounced[i] === 1
    if (run !== undefined && isAlike(run, owner, isBounced, isChosen) && right - left < NARROW && left - run.right < 1)
      run.right = right
    else {
      if (run !== undefined) paintRun(ctx, run, top, rowHeight, chosen, colours)
      run = { left, right, owner, isBounced, isChosen, hasBegin: row.isMapping[i] === 1 && right - left > 5 }
    }
    // Everything that ends in this pixel is covered by it.
    i = right - left > 2 ? i + 1 : above(row.to, axis.eventAt(window.from + (right - LEFT) * pixel), i + 1)
  }
  if (run !== undefined) paintRun(ctx, run, top, rowHeight, chosen, colours)
  ctx.globalAlpha = 1
}

const paintRun = (
  ctx: CanvasRenderingContext2D,
  { left, right, owner, isBounced, isChosen, hasBegin }: Run,
  top: number,
  rowHeight: number,
  chosen: Chosen,
  colours: Colours,
): void => {
  const height = Math.max(1, rowHeight - 1)
  const width = right - left
  ctx.globalAlpha = chosen.buffer === null || isChosen ? 1 : 0.55
  // A bounced buffer steps aside: its bytes are elsewhere while the device has it.
  const aside = isBounced && height > 4 ? Math.ceil(height / 2) : 0
  ctx.fillStyle = colours.owners[OWNER_OF[owner] ?? 'cpu']
  ctx.fillRect(left, top + aside, width, height - aside)
  if (isBounced) {
    ctx.fillStyle = colours.ticks.bounce
    ctx.fillRect(left, top + height - 2, width, 2)
    if (aside > 0) ctx.fillRect(left, top, 2, height)
  } else if (hasBegin && height > 4) {
    ctx.fillStyle = colours.card
    ctx.fillRect(left, top + 2, 2, height - 4)
  }
  if (isChosen && height > 3) {
    ctx.fillStyle = colours.chosen
    ctx.fillRect(left, top, width, 1)
    ctx.fillRect(left, top + height - 1, width, 1)
  }
}

const paintTicks = (ctx: CanvasRenderingContext2D, lane: Lane, view: View, colours: Colours): void => {
  const bottom = lane.top + lane.height - 7
  const { ticks } = lane
  let low = 0
  let high = ticks.length
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if ((ticks[middle]?.event ?? 0) >= view.first) high = middle
    else low = middle + 1
  }
  let run: { readonly left: number; right: number; readonly kind: TickKind } | undefined
  const draw = (): void => {
    if (run === undefined) return
    ctx.fillStyle = colours.ticks[run.kind]
    const weight = WEIGHT[run.kind]
    const isTall = weight >= WEIGHT.wrong
    const tall = weight > WEIGHT.cache ? 9 : 5
    ctx.fillRect(
      run.left,
      isTall ? lane.top : bottom - tall,
      run.right - run.left + (isTall ? 2 : 1.4),
      isTall ? lane.height - 7 : tall,
    )
  }
  const add = (at: number, kind: TickKind): void => {
    if (run?.kind === kind && at - run.right <= 1) run.right = at
    else {
      draw()
      run = { left: at, right: at, kind }
    }
  }
  let pixel = -1
  let best: TickKind | undefined
  for (let i = low; i < ticks.length; i++) {
    const tick = ticks[i]
    if (tick === undefined || tick.event > view.last) break
    const at = Math.round(view.mark(tick.event))
    if (at !== pixel) {
      if (best !== undefined) add(pixel, best)
      pixel = at
      best = tick.kind
    } else if (best === undefined || WEIGHT[tick.kind] > WEIGHT[best]) best = tick.kind
  }
  if (best !== undefined) add(pixel, best)
  draw()
}

const paintName = (ctx: CanvasRenderingContext2D, lane: Lane, chosen: Chosen, colours: Colours): void => {
  ctx.fillStyle = colours.card
  ctx.fillRect(0, lane.top - 3, LEFT - 4, lane.height)
  ctx.fillStyle = colours.ink
  ctx.font = `${lane.name === chosen.device ? '600 ' : ''}12px system-ui, sans-serif`
  ctx.textBaseline = 'top'
  const text = lane.name.length > 22 ? `${lane.name.slice(0, 21)}…` : lane.name
  ctx.fillText(text, 0, lane.top + 1, LEFT - 10)
  if (lane.rows.length > 1) {
    ctx.fillStyle = colours.dim
    ctx.font = '11px system-ui, sans-serif'
    ctx.fillText(`${lane.rows.length} at once`, 0, lane.top + 15, LEFT - 10)
  }
}

const paintSteps = (
  ctx: CanvasRenderingContext2D,
  width: number,
  steps: Scene['timeline']['steps'],
  view: View,
  colours: Colours,
): void => {
  ctx.font = '11px system-ui, sans-serif'
  ctx.textBaseline = 'top'
  let free = LEFT
  for (const { event, name } of steps) {
    const at = Math.round(view.x(event))
    const text = name.length > 40 ? `${name.slice(0, 39)}…` : name
    if (at < free) continue
    const needs = ctx.measureText(text).width
    if (at + needs > width) continue
    ctx.fillStyle = colours.dim
    ctx.fillText(text, at + 2, 22)
    free = at + needs + 14
  }
}
