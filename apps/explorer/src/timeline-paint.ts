// Paints a time line on a canvas: from one bar that is drawn it jumps to the first that ends in a later pixel.
import type { Owner, TickKind } from '@dmalab/report/view'
import { above, type Lane, LEFT, type Row, type Scene, TOP, type Window } from './timeline-scene.ts'

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

export const paint = (
  ctx: CanvasRenderingContext2D,
  width: number,
  scene: Scene,
  window: Window,
  chosen: Chosen,
  colours: Colours,
): void => {
  const plot = width - LEFT
  const scale = plot / (window.to - window.from)
  const x = (event: number): number => LEFT + (event - window.from) * scale
  ctx.clearRect(0, 0, width, scene.height)
  paintSteps(ctx, width, scene, window, x, colours)
  for (const lane of scene.lanes) {
    ctx.strokeStyle = colours.rule
    ctx.lineWidth = 1
    ctx.beginPath()
    ctx.moveTo(0, lane.top - 3.5)
    ctx.lineTo(width, lane.top - 3.5)
    ctx.stroke()
    for (const [i, row] of lane.rows.entries()) paintRow(ctx, row, lane, i, window, x, scale, chosen, colours)
    paintTicks(ctx, lane, window, x, scale, colours)
    paintName(ctx, lane, chosen, colours)
  }
  paintArrows(ctx, scene, window, x, chosen, colours)
  if (chosen.event !== null && chosen.event >= window.from && chosen.event <= window.to) {
    ctx.fillStyle = colours.chosen
    ctx.fillRect(Math.round(x(chosen.event + 0.5)) - 0.5, TOP - 6, 1, scene.height - TOP)
  }
}

const paintRow = (
  ctx: CanvasRenderingContext2D,
  row: Row,
  lane: Lane,
  index: number,
  window: Window,
  x: (event: number) => number,
  scale: number,
  chosen: Chosen,
  colours: Colours,
): void => {
  const top = lane.top + index * lane.rowHeight
  const height = Math.max(1, lane.rowHeight - 1)
  for (let i = above(row.to, window.from); i < row.from.length;) {
    const from = row.from[i] ?? 0
    if (from > window.to) return
    const left = Math.max(LEFT, x(from))
    const right = Math.max(left + 1, Math.min(x(row.to[i] ?? 0), x(window.to)))
    const isChosen = row.buffer[i] === chosen.buffer
    ctx.fillStyle = colours.owners[OWNER_OF[row.owner[i] ?? 0] ?? 'cpu']
    ctx.globalAlpha = chosen.buffer === null || isChosen ? 1 : 0.55
    ctx.fillRect(left, top, right - left, height)
    if (row.bounced[i] === 1) {
      ctx.fillStyle = colours.ticks.bounce
      ctx.fillRect(left, top + height - 2, right - left, 2)
    }
    if (row.isMapping[i] === 1 && right - left > 5 && height > 4) {
      ctx.fillStyle = colours.card
      ctx.fillRect(left, top + 2, 2, height - 4)
    }
    if (isChosen && height > 3) {
      ctx.globalAlpha = 1
      ctx.fillStyle = colours.chosen
      ctx.fillRect(left, top, right - left, 1)
      ctx.fillRect(left, top + height - 1, right - left, 1)
    }
    // Everything that ends in this pixel is covered by it.
    i = scale < 1 ? Math.max(i + 1, above(row.to, window.from + (right - LEFT) / scale, i + 1)) : i + 1
  }
  ctx.globalAlpha = 1
}

const paintTicks = (
  ctx: CanvasRenderingContext2D,
  lane: Lane,
  window: Window,
  x: (event: number) => number,
  scale: number,
  colours: Colours,
): void => {
  const bottom = lane.top + lane.height - 7
  const { ticks } = lane
  let low = 0
  let high = ticks.length
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if ((ticks[middle]?.event ?? 0) >= window.from) high = middle
    else low = middle + 1
  }
  let pixel = -1
  let best: TickKind | undefined
  const draw = (): void => {
    if (best === undefined) return
    ctx.fillStyle = colours.ticks[best]
    const weight = WEIGHT[best]
    const tall = weight >= WEIGHT.wrong
    ctx.fillRect(
      pixel,
      tall ? lane.top : bottom - (weight > 1 ? 9 : 5),
      tall ? 2 : 1.4,
      tall ? lane.height - 7 : weight > 1 ? 9 : 5,
    )
  }
  for (let i = low; i < ticks.length; i++) {
    const tick = ticks[i]
    if (tick === undefined || tick.event > window.to) break
    const at = Math.round(x(tick.event + 0.5))
    if (at !== pixel) {
      draw()
      pixel = at
      best = tick.kind
    } else if (best === undefined || WEIGHT[tick.kind] > WEIGHT[best]) best = tick.kind
  }
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
  scene: Scene,
  window: Window,
  x: (event: number) => number,
  colours: Colours,
): void => {
  ctx.font = '11px system-ui, sans-serif'
  ctx.textBaseline = 'top'
  let free = LEFT
  for (const { event, name } of scene.timeline.steps) {
    if (event < window.from || event > window.to) continue
    const at = Math.round(x(event))
    ctx.fillStyle = colours.rule
    ctx.fillRect(at, TOP - 6, 1, scene.height - TOP)
    const text = name.length > 40 ? `${name.slice(0, 39)}…` : name
    const needs = ctx.measureText(text).width
    if (at < free || at + needs > width) continue
    ctx.fillStyle = colours.dim
    ctx.fillText(text, at + 2, 4)
    free = at + needs + 14
  }
}

/** More arrows than this are no picture. */
const MOST_ARROWS = 400

const paintArrows = (
  ctx: CanvasRenderingContext2D,
  scene: Scene,
  window: Window,
  x: (event: number) => number,
  chosen: Chosen,
  colours: Colours,
): void => {
  const seen = scene.timeline.arrows.filter(({ event }) => event >= window.from && event <= window.to)
  for (const { event, from, to, buffer } of seen.slice(0, MOST_ARROWS)) {
    const [source, target] = [scene.lanes[from], scene.lanes[to]]
    if (source === undefined || target === undefined) continue
    const down = target.top > source.top
    const [y0, y1] = [source.top + (down ? source.height - 8 : 0), target.top + (down ? 0 : target.height - 8)]
    const at = x(event + 0.5)
    ctx.strokeStyle = ctx.fillStyle = buffer === chosen.buffer ? colours.chosen : colours.dim
    ctx.lineWidth = buffer === chosen.buffer ? 2 : 1
    ctx.beginPath()
    ctx.moveTo(at, y0)
    ctx.bezierCurveTo(at - 14, y0 + (y1 - y0) / 3, at - 14, y0 + (2 * (y1 - y0)) / 3, at, y1)
    ctx.stroke()
    ctx.beginPath()
    ctx.moveTo(at, y1)
    ctx.lineTo(at - 6, y1 - (down ? 5 : -5))
    ctx.lineTo(at + 1, y1 - (down ? 7 : -7))
    ctx.fill()
  }
}
