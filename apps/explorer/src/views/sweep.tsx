// A sweep as tables, and why points are not as they should be.
import type { SweepView } from '@dmalab/api'
import { isBad, sweepCauses, sweepMatrix, type SweepTable } from '@dmalab/report/view'
import { runSpec } from '../actions.ts'
import { useStore } from '../store.ts'
import { count, cut, shown } from './text.ts'

export const Sweep = ({ view }: { readonly view: SweepView }) => {
  const { report } = view
  const { same, tables } = sweepMatrix(report)
  const bad = report.points.filter(({ result }) => isBad(result)).length
  return (
    <>
      <section class="card wide" aria-labelledby="sweep-title" data-view="sweep">
        <header>
          <h2 id="sweep-title">{cut(report.name, 120)}</h2>
          <p>
            {count(report.points.length - bad)} of {count(report.points.length)} points are as they should be
            {report.shard === null ? '' : `; part ${report.shard}`}
          </p>
        </header>
        <dl>
          {same.map(({ axis, value }) => (
            <>
              <dt key={`${axis}-name`}>{axis}</dt>
              <dd key={axis} class="mono">
                {value === '' ? '(none)' : shown(value)}
              </dd>
            </>
          ))}
        </dl>
        {report.leftOut.map(({ why, count: left }) => (
          <p class="dim" key={why}>
            {count(left)} combinations left out: {shown(why)}
          </p>
        ))}
        {tables.map((table, i) => (
          <Matrix key={i} table={table} number={i + 1} />
        ))}
      </section>
      <Causes view={view} />
    </>
  )
}

const lookOf = (cell: string): string => {
  if (cell === 'works') return 'good'
  if (cell === '' || cell === 'cannot run') return 'none'
  return /^E[A-Z0-9]+$|^unknown|^works /.test(cell) ? 'warn' : 'bad'
}

const Matrix = ({
  table: { across, columns, down, rows },
  number,
}: {
  readonly table: SweepTable
  readonly number: number
}) => (
  <div class="scroll" tabIndex={0} role="region" aria-label={`Table ${number} of the sweep`}>
    <table>
      <thead>
        <tr>
          {down.map((axis) => (
            <th scope="col" key={axis}>
              {axis}
            </th>
          ))}
          {columns.map((column) => (
            <th scope="col" key={column} class="mono">
              {across === null ? 'result' : shown(column)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ labels, cells }, i) => (
          <tr key={i}>
            {labels.map((values, axis) => (
              <th scope="row" key={axis} class="mono">
                {values.map((value) => (
                  <div key={value}>{value === '' ? '(none)' : shown(value)}</div>
                ))}
              </th>
            ))}
            {cells.map((cell, column) => (
              <td key={column}>
                <span class={`word ${lookOf(cell)}`}>{shown(cell)}</span>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)

const Causes = ({ view }: { readonly view: SweepView }) => {
  const store = useStore()
  const causes = sweepCauses(view.report)
  if (causes.length === 0) return null
  return (
    <section class="card wide" aria-labelledby="causes-title" data-view="causes">
      <header>
        <h2 id="causes-title">Why</h2>
      </header>
      {causes.map(({ cell, why, count: points, id }) => {
        const point = view.points[id]
        const spec = point?.spec ?? null
        return (
          <article class="finding error" key={id}>
            <p>
              <span class={`word ${lookOf(cell)}`}>{shown(cell)}</span> ({count(points)}): {shown(why)}
            </p>
            {point === undefined ? null : <pre>{shown(point.command)}</pre>}
            {spec === null ? null : (
              <button type="button" class="no-print" onClick={() => void runSpec(store, spec)}>
                Run it here
              </button>
            )}
          </article>
        )
      })}
    </section>
  )
}
