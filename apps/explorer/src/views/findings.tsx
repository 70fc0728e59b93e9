// Findings of the chosen kernel: what happened, why it matters, what to do, and the events that prove it.
import type { ExplainedCode, Finding } from '@dmalab/api'
import { chooseEvent, type Store, useStore } from '../store.ts'
import { shown } from './text.ts'

interface Props {
  /** By kernel. */
  readonly findings: readonly { readonly findings: readonly Finding[] }[]
  readonly codes: Readonly<Record<string, ExplainedCode>>
}

/** Of one code. */
const MOST = 6

export const Findings = ({ findings, codes }: Props) => {
  const { kernel, run } = useStore()
  const found = findings[kernel.value]?.findings ?? []
  const groups = [...new Set(found.map(({ code }) => code))].map((code) => ({
    code,
    all: found.filter((one) => one.code === code),
  }))
  return (
    <section class="card" aria-labelledby="findings-title" data-view="findings">
      <header>
        <h2 id="findings-title">Findings</h2>
        <p class="dim mono">{shown(run.value?.name ?? '')}</p>
      </header>
      {groups.length === 0 ? <p>Nothing was found.</p> : null}
      {groups.map(({ code, all }) => (
        <Group key={code} code={code} all={all} told={codes[code]} />
      ))}
    </section>
  )
}

const Group = ({
  code,
  all,
  told,
}: {
  readonly code: string
  readonly all: readonly Finding[]
  readonly told: ExplainedCode | undefined
}) => {
  const severity = all[0]?.severity ?? 'info'
  return (
    <article class={`finding ${severity}`}>
      <p>
        <span class={`severity-${severity}`}>{severity}</span> <code>{code}</code>
        {told === undefined ? '' : `: ${told.title}`}
      </p>
      <ul>
        {all.slice(0, MOST).map((finding, i) => (
          <li key={i}>
            {shown(finding.message)} <Evidence finding={finding} />
          </li>
        ))}
        {all.length > MOST ? <li class="dim">and {all.length - MOST} more</li> : null}
      </ul>
      {told === undefined ? null : (
        <details>
          <summary>Why it matters, and what to do</summary>
          <p>{told.what}</p>
          <p>{told.why}</p>
          <ul>
            {told.fixes.map((fix) => (
              <li key={fix}>{fix}</li>
            ))}
          </ul>
          <p class="dim">Kernel source: {told.source}</p>
        </details>
      )}
    </article>
  )
}

const Evidence = ({ finding }: { readonly finding: Finding }) => {
  const store = useStore()
  const { evidence = [] } = finding
  const go = (at: number): void => {
    const place = eventOf(store, finding, at)
    if (place >= 0) chooseEvent(store, place)
  }
  return (
    <>
      {evidence.slice(0, 4).map((at, i) => (
        <button type="button" class="plain" key={i} onClick={() => go(at)}>
          [{store.data.value?.kind === 'trace' ? 'line' : 'step'} {at}]{' '}
        </button>
      ))}
    </>
  )
}

/** The event of a step that shows a finding best: what went wrong there, else what its device did, else the first. */
const eventOf = ({ events, timeline }: Store, { severity, device }: Finding, at: number): number => {
  const first = events.value.findIndex((event) => event.at === at)
  const isHere = (place: number): boolean => events.value[place]?.at === at
  const wrong =
    severity === 'error'
      ? timeline.value?.ticks.find(({ kind, event }) => (kind === 'fault' || kind === 'wrong') && isHere(event))
      : undefined
  if (wrong !== undefined) return wrong.event
  const ofDevice = events.value.findIndex(
    (event) => event.at === at && 'device' in event && event.device === device && event.event !== 'step',
  )
  return ofDevice >= 0 ? ofDevice : first
}
