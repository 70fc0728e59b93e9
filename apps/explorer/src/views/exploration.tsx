// What an exploration found: each defect with its smallest scenario, which runs in the page.
import { type Defect, type ExploreView, newDefects } from '@dmalab/api'
import { runSpec } from '../actions.ts'
import { useStore } from '../store.ts'
import { count, shown } from './text.ts'

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
      {report.defects.map((defect) => (
        <DefectCard key={defect.id} defect={defect} view={view} isNew={fresh.has(defect.id)} />
      ))}
    </>
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
    <section class="card" aria-label={`Defect ${defect.code}`} data-view="defect">
      <article class={`finding ${isNew ? 'error' : 'warning'}`}>
        <p>
          <code>{shown(defect.code)}</code>{' '}
          {isNew ? <span class="word bad">new</span> : <span class="dim">the base has it, too</span>}
        </p>
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
    </section>
  )
}
