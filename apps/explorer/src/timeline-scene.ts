// A time line as lanes and rows of a picture. Bars of a row are sorted by time, so that what a frame shows is found without looking at the rest.
import type { Owner, Tick, Timeline } from '@dmalab/report/view'
import type { Axis } from './timeline-axis.ts'

/** Bars of one row, each with its owner, in order of time. */
export interface Row {
  readonly from: Int32Array
  readonly to: Int32Array
  readonly owner: Uint8Array
  readonly buffer: Int32Array
  readonly bounced: Uint8Array
  readonly isMapping: Uint8Array
}

export interface Lane {
  readonly name: string
  readonly rows: readonly Row[]
  readonly ticks: readonly Tick[]
  readonly top: number
  readonly rowHeight: number
  readonly height: number
}

export interface Scene {
  readonly lanes: readonly Lane[]
  readonly height: number
  readonly timeline: Timeline
}

/** Places of the axis [from, to) fill the width. */
export interface Window {
  readonly from: number
  readonly to: number
}

/** Pixels: of the names at the left, of the scale and the steps at the top, and of the ticks below each lane. */
export const LEFT = 150
export const TOP = 44
const TICKS = 9
const MOST_ROWS_HEIGHT = 150
const OWNER_NUMBER: Readonly<Record<Owner, number>> = { cpu: 0, device: 1, transit: 2 }
export const sceneOf = (timeline: Timeline): Scene => {
  const lanes: Lane[] = []
  let top = TOP
  const byLane = timeline.lanes.map(() => [] as (typeof timeline.bars)[number][])
  for (const bar of timeline.bars) byLane[bar.lane]?.push(bar)
  const ticks = timeline.lanes.map(() => [] as Tick[])
  for (const tick of timeline.ticks) ticks[tick.lane]?.push(tick)
  for (const [i, { name, rows }] of timeline.lanes.entries()) {
    const rowHeight = rows === 0 ? 0 : Math.max(1, Math.min(11, MOST_ROWS_HEIGHT / rows))
    const height = Math.max(16, rowHeight * rows) + TICKS + 6
    lanes.push({
      name,
      rows: rowsOf(byLane[i] ?? [], rows, timeline.count),
      ticks: ticks[i] ?? [],
      top,
      rowHeight,
      height,
    })
    top += height
  }
  return { lanes, height: top + 4, timeline }
}

const rowsOf = (bars: Timeline['bars'], count: number, end: number): readonly Row[] => {
  const rows = Array.from({ length: count }, () => ({
    from: [] as number[],
    to: [] as number[],
    owner: [] as number[],
    buffer: [] as number[],
    bounced: [] as number[],
    isMapping: [] as number[],
  }))
  for (const bar of bars) {
    const row = rows[bar.row]
    if (row === undefined) continue
    for (const [i, [from, owner]] of bar.owners.entries()) {
      row.from.push(from)
      row.to.push(bar.owners[i + 1]?.[0] ?? bar.to ?? end)
      row.owner.push(OWNER_NUMBER[owner])
      row.buffer.push(bar.buffer)
      row.bounced.push(bar.bounced ? 1 : 0)
      row.isMapping.push(bar.kind === 'mapping' ? 1 : 0)
    }
  }
  return rows.map(({ from, to, owner, buffer, bounced, isMapping }) => ({
    from: Int32Array.from(from),
    to: Int32Array.from(to),
    owner: Uint8Array.from(owner),
    buffer: Int32Array.from(buffer),
    bounced: Uint8Array.from(bounced),
    isMapping: Uint8Array.from(isMapping),
  }))
}

/** First position whose value is above `limit`. */
export const above = (values: Int32Array, limit: number, from = 0): number => {
  let low = from
  let high = values.length
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if ((values[middle] ?? 0) > limit) high = middle
    else low = middle + 1
  }
  return low
}

/** What lies at a place of the canvas: the event, the lane, and the buffer of the bar. */
export const hit = (
  scene: Scene,
  axis: Axis,
  window: Window,
  width: number,
  x: number,
  y: number,
): { readonly event: number; readonly buffer: number | null; readonly lane: string | null } => {
  const event = axis.eventAt(window.from + ((x - LEFT) * (window.to - window.from)) / (width - LEFT))
  const lane = scene.lanes.find(({ top, height }) => y >= top - 3 && y < top + height - 3)
  const row =
    lane === undefined || lane.rowHeight === 0 ? undefined : lane.rows[Math.floor((y - lane.top) / lane.rowHeight)]
  const i = row === undefined ? -1 : above(row.to, event)
  const buffer = row !== undefined && (row.from[i] ?? Infinity) <= event ? (row.buffer[i] ?? null) : null
  return { event: Math.max(0, Math.min(event, scene.timeline.count - 1)), buffer, lane: lane?.name ?? null }
}
