// A SweepReport for people: what is the same, the matrix, why points did not work, and what changed.
import type { SweepChange, SweepPlace, SweepReport, Verdict } from '@dmalab/api'
import Table from 'cli-table3'
import { foldLine } from '../fold.ts'
import { count, plural } from '../numbers.ts'
import { bold, dim, paint } from '../paint.ts'
import { allPrintable } from '../printable.ts'
import { cellOf, isBad } from './cells.ts'
import { type SweepCause, sweepCauses } from './causes.ts'
import { sweepMatrix, type SweepTable } from './matrix.ts'

export interface SweepTextOptions {
  /** The command that shows a point step by step. */
  readonly commandOf: (id: string) => string
  /** Held against an older report. */
  readonly changes?: readonly SweepChange[]
}

/** Causes and changes beyond these are counted. */
const MOST_LISTED = 20

export const sweepText = (given: SweepReport, { commandOf, changes: all }: SweepTextOptions): string => {
  const report = allPrintable(given)
  const changes = allPrintable(all)
  const names = new Names()
  const { same, tables } = sweepMatrix(report)
  const shown = tables.flatMap((table) => [tableText(table, names), ''])
  const causes = sweepCauses(report)
  return [
    `${bold(report.name)}: ${plural(report.points.length, 'point')}${report.shard === null ? '' : ` (part ${report.shard})`}`,
    ...same.flatMap(({ axis, value }) => foldLine(`  ${axis} ${value === '' ? '(none)' : value}`)),
    ...report.leftOut.map(({ why, count: n }) => dim(`  ${plural(n, 'combination')} left out: ${why}`)),
    '',
    ...shown,
    ...names.lines(),
    ...(causes.length === 0 ? [] : [bold('why')]),
    ...causes.slice(0, MOST_LISTED).flatMap((cause) => causeLines(cause, commandOf)),
    ...(causes.length > MOST_LISTED ? [dim(`  and ${causes.length - MOST_LISTED} more (--json has all)`)] : []),
    ...(changes === undefined ? [] : changeLines(changes)),
    bold(sumOf(report)),
  ].join('\n')
}

const sumOf = ({ points }: SweepReport): string => {
  const bad = points.filter(({ result }) => isBad(result)).length
  const failed = points.filter(({ result }) => result.kind !== 'ran' && result.kind !== 'not-possible').length
  return `${count(points.length - bad)} of ${count(points.length)} points are as they should be${failed === 0 ? '' : `; ${plural(failed, 'point')} could not be run to the end`}`
}

/** Texts that are too long for a table get a short name. */
class Names {
  private readonly short = new Map<string, string>()

  of(text: string): string {
    return text.length > LONGEST ? this.note(text) : text === '' ? '(none)' : text
  }

  /** A number for a text that stands below. */
  note(text: string): string {
    const known = this.short.get(text) ?? `[${this.short.size + 1}]`
    this.short.set(text, known)
    return known
  }

  lines(): readonly string[] {
    return [...this.short]
      .flatMap(([text, name]) => foldLine(`${name} ${text}`))
      .concat(this.short.size > 0 ? [''] : [])
  }
}

const LONGEST = 28
/** Values of a folded row beyond these are counted. */
const MOST_VALUES = 4

const tableText = ({ across, columns, down, rows }: SweepTable, names: Names): string => {
  const drawn = new Table({
    head: [...down, ...columns.map((column) => (across === null ? 'result' : bold(narrow(column, names))))],
    style: { head: [], border: [] },
  })
  let above: readonly string[] = []
  for (const { labels, cells } of rows) {
    const texts = labels.map((values) => labelOf(values, names))
    // A label that is the same as above is not said again, as long as all to its left are.
    const differs = texts.findIndex((text, i) => text !== above[i])
    drawn.push([...texts.map((text, i) => (i < differs ? '' : text)), ...cells.map((cell) => painted(cell, names))])
    above = texts
  }
  return drawn.toString()
}

/** Kernels break at their patches. */
const narrow = (column: string, names: Names): string =>
  column
    .replaceAll('+', '\n+')
    .split('\n')
    .map((part) => names.of(part))
    .join('\n')

const labelOf = (values: readonly string[], names: Names): string => {
  const shown = values.slice(0, MOST_VALUES).map((value) => names.of(value))
  return values.length > MOST_VALUES
    ? [...shown, `and ${values.length - MOST_VALUES} more`].join('\n')
    : shown.join('\n')
}

const painted = (cell: string, names: Names): string => {
  if (cell === '' || cell === 'cannot run') return dim(cell === '' ? '' : cell)
  const [word = ''] = cell.split(' ')
  const verdict: Verdict =
    word === 'works' ? 'works' : word === 'unknown' ? 'unknown' : /^E[A-Z0-9]+$/.test(word) ? 'refused' : 'fault'
  const [, head = cell, finding] = /^(works|[A-Z]+) \((.+)\)$/.exec(cell) ?? []
  return paint(
    verdict,
    finding === undefined ? cell.replace(' (', '\n(') : `${head} ${names.note(`finding ${finding}`)}`,
  )
}

const causeLines = ({ cell, why, count: n, id }: SweepCause, commandOf: (id: string) => string): readonly string[] => [
  ...foldLine(`  ${bold(cell)} (${plural(n, 'point')}): ${why.replaceAll('\n', ' ')}`),
  dim(`      ${commandOf(id)}`),
]

const changeLines = (changes: readonly SweepChange[]): readonly string[] => {
  const worse = changes.filter((change) => change.worse).length
  return [
    bold(
      `changed: ${changes.length === 0 ? 'nothing' : `${plural(changes.length, 'point')}, ${count(worse)} for the worse`}`,
    ),
    ...changes.slice(0, MOST_LISTED).flatMap((change) => foldLine(`  ${changeText(change)}`)),
    ...(changes.length > MOST_LISTED ? [dim(`  and ${changes.length - MOST_LISTED} more`)] : []),
  ]
}

const changeText = ({ at, before, after, worse }: SweepChange): string => {
  const was = before === null ? 'new' : cellOf(before)
  const is = after === null ? 'gone' : cellOf(after)
  return `${placeText(at)}: ${was} -> ${is}${was === is ? ' (in other figures)' : ''}${worse ? ' worse' : ''}`
}

export const placeText = (at: SweepPlace): string =>
  Object.values(at)
    .filter((value) => value !== '')
    .join(', ')
