// What each device of a log did, as text.
import { bytes, type DeviceStats, hex, type Histogram, type TraceStats } from '@dmalab/api'
import { count } from '../numbers.ts'
import { bold, dim } from '../paint.ts'

export const statsText = (file: string, { begins, ends, devices, notFollowed }: TraceStats): string => {
  const span = begins === null || ends === null ? 'no events' : `${begins} to ${ends}`
  return [
    `${bold(file)}: ${span}, ${devices.length} device${devices.length === 1 ? '' : 's'}`,
    ...devices.map(renderDevice),
    ...(notFollowed === 0
      ? []
      : [dim(`  ${count(notFollowed)} were live for so long that they are no longer followed; they count as live`)]),
  ].join('\n\n')
}

const renderDevice = (one: DeviceStats): string => {
  const operations = Object.entries(one.operations).map(([name, n]) => `${name} ${count(n)}`)
  const rows: readonly (readonly [string, string])[] = [
    ['operations', operations.join(', ')],
    [
      'mapped',
      `${readable(one.mappedBytes)} in all; at once at most ${count(one.peak.mappings)} mappings, ${readable(one.peak.bytes)}`,
    ],
    [
      'live at the end',
      `${count(one.live.mappings)} mappings (${readable(one.live.bytes)}), ${count(one.live.allocations)} allocations (${readable(one.live.allocatedBytes)})`,
    ],
    ['allocated', readable(one.allocatedBytes)],
    ['bounced', `${(one.bounceShare * 100).toFixed(1)} % of mappings (${count(one.bounces)} bounces)`],
    [
      'IOVA',
      one.iova === null
        ? 'device addresses are physical ones'
        : `${hex(one.iova.lowest)} to ${hex(one.iova.highest)}, at most ${readable(one.iova.peakBytes)} at once`,
    ],
    ['sizes', histogram(one.sizes, readable)],
    ['lifetimes', histogram(one.lifetimes, micros)],
    ['live over time', sparkline(one.overTime.mappings)],
  ]
  return [bold(`  ${one.device}`), ...rows.map(([name, text]) => `    ${dim(name.padEnd(16))} ${text}`)].join('\n')
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const
/** Exact where it can be, else rounded to a tenth. */
const readable = (value: number): string => {
  if (value < 1024) return `${value} B`
  const power = Math.min(Math.floor(Math.log2(value) / 10), UNITS.length - 1)
  const scaled = value / 1024 ** power
  return Number.isInteger(scaled) ? bytes(value) : `${scaled.toFixed(1)} ${UNITS[power]}`
}
const micros = (value: number): string =>
  value >= 1000 ? `${(value / 1000).toFixed(1)} ms` : `${Math.round(value)} us`

const histogram = ({ slots, count: n, min, max }: Histogram, unit: (value: number) => string): string => {
  if (n === 0) return 'none'
  const parts = Object.entries(slots).map(([slot, many]) => `${unit(2 ** Number(slot))}: ${count(many)}`)
  return `${unit(min)} to ${unit(max)}; from ${parts.join(', ')}`
}

const BARS = '▁▂▃▄▅▆▇█'
const sparkline = (values: readonly number[]): string => {
  const top = Math.max(1, ...values)
  return values.map((value) => BARS[Math.min(BARS.length - 1, Math.round((value / top) * (BARS.length - 1)))]).join('')
}
