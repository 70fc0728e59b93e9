// How to get the same again: what a printed page needs, as nobody can click on it. Nothing in it depends on when or where it ran.
import { printable } from '@dmalab/report/view'
import { useStore } from '../store.ts'

export const Again = () => {
  const { data, first } = useStore()
  const view = data.value
  if (view === null) return null
  const facts = view.kind === 'runs' ? factsOf(view.report) : []
  return (
    <section class="card on-paper" aria-label="How to get the same again" data-view="again">
      <h2>How to get the same again</h2>
      <pre>{printable(view.command)}</pre>
      <dl>
        {[...facts, ['dmalab', first.version] as const].map(([name, value]) => (
          <>
            <dt key={`${name}-name`}>{name}</dt>
            <dd key={name}>{printable(value)}</dd>
          </>
        ))}
      </dl>
    </section>
  )
}

type Report = Extract<NonNullable<ReturnType<typeof useStore>['data']['value']>, { readonly kind: 'runs' }>['report']

const factsOf = ({ board, runs, options, bindings, assumptions }: Report): (readonly [string, string])[] => [
  ['board', board],
  ['kernels', runs.map(({ kernel }) => kernel).join(', ')],
  [
    'options',
    Object.entries(options)
      .map(([name, value]) => `${name} ${String(value)}`)
      .join(', '),
  ],
  ...(bindings.length === 0
    ? []
    : [['devices', bindings.map(({ element, device }) => `${element} = ${device}`).join(', ')] as const]),
  ...(assumptions.length === 0
    ? []
    : [['assumed', assumptions.map(({ kind, what }) => `${kind}: ${what}`).join('; ')] as const]),
]
