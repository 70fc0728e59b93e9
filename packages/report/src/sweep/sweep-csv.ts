// A SweepReport as a table for spreadsheets (RFC 4180): a line a point.
import { SWEEP_AXES, type SweepReport } from '@dmalab/api'
import { allPrintable } from '../printable.ts'
import { cellOf, whyOf } from './cells.ts'

export const sweepCsv = (report: SweepReport): string => {
  const { axes, points } = allPrintable(report)
  const names = SWEEP_AXES.filter((axis) => axes.some(({ name }) => name === axis))
  const head = [
    'id',
    ...names,
    'result',
    'why',
    'delivered',
    'intact',
    'wanted',
    'zeroCopy',
    'cpuBytesPerFrame',
    'findings',
  ]
  const rows = points.map(({ id, at, result }) => [
    id,
    ...names.map((axis) => at[axis] ?? ''),
    cellOf(result),
    whyOf(result) ?? '',
    ...(result.kind === 'ran'
      ? [
          result.frames.delivered,
          result.frames.intact,
          result.frames.wanted,
          result.zeroCopy,
          result.cpuBytesPerFrame,
          result.findings.map(({ code, count }) => `${code} ${count}`).join('; '),
        ]
      : ['', '', '', '', '', '']),
  ])
  return [head, ...rows].map((row) => row.map((value) => field(String(value))).join(',')).join('\r\n')
}

/** A spreadsheet takes a text that begins so for a formula. */
const FORMULA = /^[=+\-@\t\r]/

const field = (value: string): string => {
  const text = FORMULA.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
