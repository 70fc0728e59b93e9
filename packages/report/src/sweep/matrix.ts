// A sweep as tables: kernels beside one another, everything else that differs in rows, rows that say the same in one.
import { type SweepAxis, type SweepPlace, type SweepReport } from '@dmalab/api'
import { cellOf } from './cells.ts'

export interface SweepTable {
  /** The axis whose values are the columns; null: there is one column. */
  readonly across: SweepAxis | null
  readonly columns: readonly string[]
  /** The axes of the rows. */
  readonly down: readonly SweepAxis[]
  /** Each with the values of every axis of `down` that it stands for, and a cell a column; '' where there is no point. */
  readonly rows: readonly { readonly labels: readonly (readonly string[])[]; readonly cells: readonly string[] }[]
}

export interface SweepMatrix {
  /** What is the same in all points. */
  readonly same: readonly { readonly axis: SweepAxis; readonly value: string }[]
  readonly tables: readonly SweepTable[]
}

/** More values than this do not go beside one another. */
const MOST_COLUMNS = 12

interface Row {
  readonly labels: (readonly string[])[]
  readonly cells: ReadonlyMap<string, string>
}

export const sweepMatrix = ({ axes, points }: SweepReport): SweepMatrix => {
  const differing = axes.filter(({ values }) => values.length > 1)
  const across =
    differing.find(({ name, values }) => name === 'kernel' && values.length <= MOST_COLUMNS * 4) ??
    differing.findLast(({ values }) => values.length <= MOST_COLUMNS)
  const down = differing.filter((axis) => axis !== across).map(({ name }) => name)
  const rows = new Map<string, Row & { readonly cells: Map<string, string> }>()
  for (const { at, result } of points) {
    const labels = down.map((axis) => [at[axis] ?? ''])
    const key = JSON.stringify(labels)
    const row = rows.get(key) ?? { labels, cells: new Map<string, string>() }
    rows.set(key, row)
    row.cells.set(valueOf(at, across?.name), cellOf(result))
  }
  const columns = across?.values ?? ['']
  return {
    same: axes
      .filter(({ values }) => values.length === 1)
      .map(({ name, values }) => ({ axis: name, value: values[0] ?? '' })),
    tables: byColumns([...rows.values()], columns).map((group) => ({
      across: across?.name ?? null,
      columns: group.columns,
      down,
      rows: folded(group.rows).map(({ labels, cells }) => ({
        labels,
        cells: group.columns.map((column) => cells.get(column) ?? ''),
      })),
    })),
  }
}

const valueOf = (at: SweepPlace, axis: SweepAxis | undefined): string => (axis === undefined ? '' : (at[axis] ?? ''))

/** Rows that have the same columns make a table: kernels of one architecture beside boards of another would be empty cells. */
const byColumns = (
  rows: readonly Row[],
  columns: readonly string[],
): readonly { readonly columns: readonly string[]; readonly rows: readonly Row[] }[] => {
  const groups = new Map<string, { readonly columns: readonly string[]; readonly rows: Row[] }>()
  for (const row of rows) {
    const mine = columns.filter((column) => row.cells.has(column))
    const key = JSON.stringify(mine)
    const group = groups.get(key) ?? { columns: mine, rows: [] }
    groups.set(key, group)
    group.rows.push(row)
  }
  return [...groups.values()]
}

/** Rows that differ in one axis only, and not in what came of them, become one. The last axis first. */
const folded = (rows: readonly Row[]): readonly Row[] => {
  const axes = rows[0]?.labels.length ?? 0
  let now = rows
  for (let axis = axes - 1; axis >= 0; axis--) {
    const groups = new Map<string, Row>()
    for (const row of now) {
      const others = row.labels.filter((_label, i) => i !== axis)
      const key = JSON.stringify([others, [...row.cells]])
      const first = groups.get(key)
      if (first === undefined) groups.set(key, { ...row, labels: [...row.labels] })
      else first.labels[axis] = [...(first.labels[axis] ?? []), ...(row.labels[axis] ?? [])]
    }
    now = [...groups.values()]
  }
  return now
}
