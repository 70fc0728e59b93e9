// Paints a time line within the time of a frame: what is left over is painted in the next ones.
import { coloursOf } from './colours.ts'
import { FrameTimes } from './frame-times.ts'
import { stopwatch } from './stopwatch.ts'
import { paint, type Picture } from './timeline-paint.ts'
import type { Colours } from './timeline-view.ts'

/** Milliseconds of a frame after which no piece is begun. */
const BUDGET = 3

type Shown = Pick<Picture, 'scene' | 'axis' | 'window' | 'chosen'>

export class TimelinePainter {
  private readonly times = new FrameTimes()
  private canvas: HTMLCanvasElement | null = null
  private shown: Shown | null = null
  private pieces: Generator<undefined, void> | null = null
  private frame = 0
  // Asked once, when nothing has to be laid out for the answer.
  private colours: Colours | null = null
  private size = { width: 0, height: 0 }
  private scroll = 0

  show(shown: Shown): void {
    this.shown = shown
    this.again()
  }

  /** Follows the size of a canvas, how far its parent is scrolled, and the colours of the page, until the returned function is called. */
  attach(canvas: HTMLCanvasElement, board: HTMLElement): () => void {
    this.canvas = canvas
    const resized = new ResizeObserver(() => {
      this.size = { width: canvas.clientWidth, height: canvas.clientHeight }
      this.scroll = board.scrollTop
      this.colours ??= coloursOf()
      this.again()
    })
    const scrolled = (): void => {
      this.scroll = board.scrollTop
      this.again()
    }
    const recoloured = (): void => {
      this.colours = coloursOf()
      this.again()
    }
    resized.observe(canvas)
    board.addEventListener('scroll', scrolled)
    const dark = matchMedia('(prefers-color-scheme: dark)')
    dark.addEventListener('change', recoloured)
    return () => {
      cancelAnimationFrame(this.frame)
      resized.disconnect()
      board.removeEventListener('scroll', scrolled)
      dark.removeEventListener('change', recoloured)
      this.canvas = null
    }
  }

  private again(): void {
    cancelAnimationFrame(this.frame)
    this.pieces = null
    this.frame = requestAnimationFrame(() => this.go())
  }

  private go(): void {
    const elapsed = stopwatch()
    this.pieces ??= this.begin()
    if (this.pieces === null || this.canvas === null) return
    let isDone = false
    while (!isDone && elapsed() < BUDGET) isDone = this.pieces.next().done === true
    if (isDone) this.pieces = null
    else this.frame = requestAnimationFrame(() => this.go())
    this.times.add(elapsed())
    if (isDone) this.canvas.dataset['script'] = this.times.text()
  }

  private begin(): Generator<undefined, void> | null {
    const { canvas, shown, colours, size, scroll } = this
    const ctx = canvas?.getContext('2d') ?? null
    if (canvas === null || ctx === null || shown === null || colours === null) return null
    const ratio = devicePixelRatio
    const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)]
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width
      canvas.height = height
    }
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0)
    return paint({ ctx, ...size, scroll, ...shown, colours })
  }
}
