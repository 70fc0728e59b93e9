// Arrows of a time line, from the lane of who exports a buffer to that of who imports it.
import type { Chosen, Colours, View } from './timeline-view.ts'
import type { Scene } from './timeline-scene.ts'

/** More arrows than this are no picture. */
const MOST_ARROWS = 400

export const paintArrows = (
  ctx: CanvasRenderingContext2D,
  scene: Scene,
  view: View,
  chosen: Chosen,
  colours: Colours,
): void => {
  const seen = scene.timeline.arrows.filter(({ event }) => event >= view.first && event <= view.last)
  for (const { event, from, to, buffer } of seen.slice(0, MOST_ARROWS)) {
    const [source, target] = [scene.lanes[from], scene.lanes[to]]
    if (source === undefined || target === undefined) continue
    const down = target.top > source.top
    const [y0, y1] = [source.top + (down ? source.height - 8 : 0), target.top + (down ? 0 : target.height - 8)]
    const at = view.mark(event)
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
