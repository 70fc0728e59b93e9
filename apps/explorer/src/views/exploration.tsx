// What an exploration found: each defect with its smallest scenario, which runs in the page.
import { type Defect, type ExploreView, newDefects } from '@dmalab/api'
import { runSpec } from '../actions.ts'
import { useStore } from '../store.ts'
import { useState } from 'preact/hooks'
import { count, cut, shown } from './text.ts'

export const Exploration = ({ view }: { readonly view: ExploreView }) => {
  const { report } = view
  const { coverage, bound, base } = report
  const fresh = new Set(newDefects(report).map(({ id }) => id))
  return (
    <>
      <section class="card wide" aria-labelledby="explore-title" data-view="explore">
        <header>
          <h2 id="explore-title">
            What can go wrong with <code>{shown(report.kernel)}</code>
          </h2>
        </header>
        <p>
          {count(report.defects.length)} defects
          {base === null ? '' : `, ${count(fresh.size)} of which ${shown(base)} does not have`}. Searched{' '}
          {count(coverage.explored)} of {count(coverage.configurations)} configurations to {bound.depth} steps:{' '}
          {count(coverage.states)} states, {count(coverage.transitions)} transitions; {count(coverage.exhausted)} of
          them in full.
        </p>
        <ul>
          {report.notes.map((note) => (
            <li key={note}>{shown(note)}</li>
          ))}
        </ul>
      </section>
      <Defects view={view} fresh={fresh} />
    </>
  )
}

type Which = 'new' | 'all'

/** Defects a line each, of which one is open; a filter leaves those out that the base has, too, or that do not have a word. */
const Defects = ({ view, fresh }: { readonly view: ExploreView; readonly fresh: ReadonlySet<string> }) => {
  const { defects, base } = view.report
  const [which, setWhich] = useState<Which>(fresh.size > 0 ? 'new' : 'all')
  const [word, setWord] = useState('')
  const rows = defects.filter(
    ({ id, code, message, symbols }) =>
      (which === 'all' || fresh.has(id)) &&
      [code, message, ...symbols].join(' ').toLowerCase().includes(word.trim().toLowerCase()),
  )
  if (defects.length === 0) return null
  return (
    <section class="card wide" aria-labelledby="defects-title" data-view="defects">
      <header>
        <h2 id="defects-title">Defects</h2>
        <p class="dim" role="status">
          {count(rows.length)} of {count(defects.length)}
        </p>
        <div class="row tools">
          {base === null ? null : (
            <label>
              show{' '}
              <select value={which} onChange={({ currentTarget }) => setWhich(currentTarget.value as Which)}>
                <option value="new">new ones</option>
                <option value="all">all</option>
              </select>
            </label>
          )}
          <label>
            with{' '}
            <input
              type="search"
              value={word}
              placeholder="code, function, word"
              onInput={({ currentTarget }) => setWord(currentTarget.value)}
            />
          </label>
        </div>
      </header>
      {rows.length === 0 ? <p>None is like that.</p> : null}
      {rows.map((defect, i) => (
        <details key={defect.id} open={i === 0} data-view="defect">
          <summary>
            <span class={`word ${fresh.has(defect.id) ? 'bad' : 'none'}`}>
              {fresh.has(defect.id) ? 'new' : 'the base has it, too'}
            </span>{' '}
            <code>{shown(defect.code)}</code> <span class="said">{cut(defect.message, 140)}</span>
            {defect.symbols[0] === undefined ? null : <span class="dim"> in {shown(defect.symbols[0])}</span>}
          </summary>
          <DefectCard defect={defect} view={view} isNew={fresh.has(defect.id)} />
        </details>
      ))}
    </section>
  )
}

const DefectCard = ({
  defect,
  view,
  isNew,
}: {
  readonly defect: Defect
  readonly view: ExploreView
  readonly isNew: boolean
}) => {
  const store = useStore()
  const spec = view.specs[defect.id]
  const told = view.codes[defect.code]
  return (
    <article class={`finding ${isNew ? 'error' : 'warning'}`}>
      <p>{shown(defect.message)}</p>
      {defect.step === null ? null : <p class="dim">at {shown(defect.step)}</p>}
      {defect.base === null ? null : <p class="dim">on the base: {shown(defect.base.outcome)}</p>}
      {defect.ordinary === null ? null : <p class="dim">with ordinary memory: {shown(defect.ordinary.outcome)}</p>}
      {defect.symbols.length === 0 ? null : <pre>{defect.symbols.map(shown).join('\n')}</pre>}
      {told === undefined ? null : (
        <details>
          <summary>What it means</summary>
          <p>{told.what}</p>
          <p>{told.why}</p>
          <p class="dim">Kernel source: {told.source}</p>
        </details>
      )}
      {spec === undefined ? null : (
        <button type="button" class="no-print" onClick={() => void runSpec(store, spec)}>
          Run its smallest scenario here
        </button>
      )}
    </article>
  )
}
