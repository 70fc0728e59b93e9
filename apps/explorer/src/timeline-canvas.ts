// What a time line's canvas does: it is kept up to date, moved by wheel and dragging, and scrolled to what is chosen.
import { useEffect, useMemo, useRef } from 'preact/hooks'
import type { Axis } from './timeline-axis.ts'
import type { Chosen } from './timeline-view.ts'
import { TimelinePainter } from './timeline-painter.ts'
import { LEFT, type Scene, TOP, type Window } from './timeline-scene.ts'

type Ref<T> = { readonly current: T | null }

export const useCanvas = (
  canvas: Ref<HTMLCanvasElement>,
  scene: Scene | null,
  axis: Axis | null,
  window: Window,
  chosen: Chosen,
): void => {
  const painter = useMemo(() => new TimelinePainter(), [])
  const hasScene = scene !== null
  useEffect(() => {
    const { current } = canvas
    const board = current?.parentElement ?? null
    return current === null || board === null ? undefined : painter.attach(current, board)
  }, [painter, hasScene])
  useEffect(() => {
    if (scene !== null && axis !== null) painter.show({ scene, axis, window, chosen })
  }, [painter, scene, axis, window, chosen.event, chosen.buffer, chosen.device])
}

/** Wheel and dragging. The browser takes wheel listeners of frameworks for passive ones. */
export const useMoves = (
  canvas: Ref<HTMLCanvasElement>,
  isShown: boolean,
  moves: {
    /** By a factor, around a place that is a part of the width. */
    readonly zoom: (factor: number, around: number) => void
    /** By a part of the width. */
    readonly move: (by: number) => void
  },
): void => {
  const latest = useRef(moves)
  latest.current = moves
  useEffect(() => {
    const { current } = canvas
    if (current === null) return undefined
    const width = (): number => Math.max(1, current.clientWidth - LEFT)
    const wheel = (event: WheelEvent): void => {
      const isZoom = event.ctrlKey || event.metaKey || event.altKey
      const isMove = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)
      // A plain wheel scrolls the page.
      if (!isZoom && !isMove) return
      event.preventDefault()
      if (isZoom) {
        const x = event.clientX - current.getBoundingClientRect().left
        latest.current.zoom(Math.exp(Math.sign(event.deltaY) * 0.22), (x - LEFT) / width())
      } else latest.current.move(Math.sign(event.deltaX === 0 ? event.deltaY : event.deltaX) / 12)
    }
    let last: number | null = null
    let isDragged = false
    const down = (event: PointerEvent): void => {
      last = event.button === 0 && event.pointerType === 'mouse' ? event.clientX : null
      isDragged = false
    }
    const drag = (event: PointerEvent): void => {
      if (last === null) return
      const by = last - event.clientX
      // A hand that shakes while it clicks drags nothing.
      if (!isDragged && Math.abs(by) < 4) return
      if (!isDragged) current.setPointerCapture(event.pointerId)
      isDragged = true
      last = event.clientX
      latest.current.move(by / width())
    }
    const up = (): void => void (last = null)
    /** What ends a drag is no click. */
    const click = (event: MouseEvent): void => {
      if (isDragged) event.stopImmediatePropagation()
      isDragged = false
    }
    current.addEventListener('wheel', wheel, { passive: false })
    current.addEventListener('pointerdown', down)
    current.addEventListener('pointermove', drag)
    current.addEventListener('pointerup', up)
    current.addEventListener('pointercancel', up)
    current.addEventListener('click', click, { capture: true })
    return () => {
      current.removeEventListener('wheel', wheel)
      current.removeEventListener('pointerdown', down)
      current.removeEventListener('pointermove', drag)
      current.removeEventListener('pointerup', up)
      current.removeEventListener('pointercancel', up)
      current.removeEventListener('click', click, { capture: true })
    }
  }, [isShown])
}

/** Scrolls a lane into sight, where the time line is higher than its place. */
export const useLaneInSight = (canvas: Ref<HTMLCanvasElement>, scene: Scene | null, name: string | null): void =>
  useEffect(() => {
    const board = canvas.current?.parentElement
    const lane = scene?.lanes.find((one) => one.name === name)
    if (board === null || board === undefined || lane === undefined) return
    const { scrollTop, clientHeight } = board
    if (lane.top - TOP < scrollTop) board.scrollTop = lane.top - TOP
    else if (lane.top + Math.min(lane.height, clientHeight / 2) > scrollTop + clientHeight)
      board.scrollTop = lane.top + lane.height - clientHeight
  }, [scene, name])
