// Kernels side by side: a row a step, a column a kernel, and below the call paths of those that ended early.
import type { KernelRun, RunsView, StepReport, Verdict } from '@dmalab/api'
import { chooseEvent, chooseKernel, type Store, useStore } from '../store.ts'
import { cut, shown } from './text.ts'

export const Kernels = ({ view }: { readonly view: RunsView }) => {
  const store = useStore()
  const { report } = view
  const { runs, options, board, bindings } = report
  const differing = firstDifference(runs)
  return (
    <section class="card wide" aria-labelledby="kernels-title" data-view="kernels">
      <header>
        <h2 id="kernels-title">{runs.length > 1 ? 'Kernels side by side' : 'Steps'}</h2>
        <p class="dim">
          board {board}
          {options.frames > 0
            ? `; ${options.frames} frames of ${options.width}x${options.height} ${options.format}`
            : ''}
          {bindings.length === 0
            ? ''
            : `; ${bindings.map(({ element, device }) => `${element} = ${device}`).join(', ')}`}
        </p>
      </header>
      <Since runs={runs} />
      <div class="scroll" tabIndex={0} role="region" aria-label="Steps by kernel">
        <table>
          <thead>
            <tr>
              <th scope="col">step</th>
              {runs.map((run, i) => (
                <th scope="col" key={i}>
                  <button
                    type="button"
                    class="plain mono"
                    aria-pressed={store.kernel.value === i}
                    onClick={() => void chooseKernel(store, i)}
                  >
                    {kernelName(run)}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {(runs[0]?.steps ?? []).map((row, step) => (
              <tr key={step} class={step === differing ? 'chosen' : ''}>
                <th scope="row">
                  {shown(row.step)}
                  {step === differing ? <span class="dim"> (first difference)</span> : null}
                </th>
                {runs.map((run, i) => (
                  <td key={i}>
                    <StepCell cell={run.steps[step]} onChoose={() => void goTo(store, view, i, row.step)} />
                  </td>
                ))}
              </tr>
            ))}
            <tr>
              <th scope="row">
                <b>verdict</b>
              </th>
              {runs.map((run, i) => (
                <td key={i}>
                  <span class={`word ${VERDICT_LOOK[run.verdict]}`}>{run.verdict}</span>
                  {run.assuming === null ? null : <span class="dim"> ({run.assuming}, if assumed)</span>}
                  {run.frames.delivered > 0 ? (
                    <div class="dim">
                      {run.frames.intact} of {run.frames.wanted} frames intact{run.zeroCopy ? ', zero-copy' : ''}
                    </div>
                  ) : null}
                </td>
              ))}
            </tr>
          </tbody>
        </table>
      </div>
      <Paths runs={runs} />
      <Told view={view} />
    </section>
  )
}

export const VERDICT_LOOK: Readonly<Record<Verdict, string>> = {
  works: 'good',
  refused: 'warn',
  fault: 'bad',
  stalled: 'bad',
  corrupt: 'bad',
  unknown: 'warn',
}

export const kernelName = (run: KernelRun): string =>
  run.standsFor === undefined ? run.kernel : `${run.kernel}, for ${run.standsFor.kernel}`

/** Row in which not all kernels do the same; -1: all do. */
const firstDifference = (runs: readonly KernelRun[]): number => {
  if (runs.length < 2) return -1
  return (runs[0]?.steps ?? []).findIndex((_row, i) => new Set(runs.map((run) => run.steps[i]?.outcome)).size > 1)
}

const OUTCOMES: Readonly<Record<StepReport['outcome'], readonly [text: string, class_: string]>> = {
  ok: ['ok', 'good'],
  refused: ['refused', 'warn'],
  fault: ['FAULT', 'bad'],
  stalled: ['STALLED', 'bad'],
  wrong: ['wrong', 'bad'],
  'not reached': ['not reached', 'none'],
}

const StepCell = ({ cell, onChoose }: { readonly cell: StepReport | undefined; readonly onChoose: () => void }) => {
  if (cell === undefined) return null
  const [text, look] = OUTCOMES[cell.outcome]
  const detail = cell.outcome === 'not reached' ? '' : cell.detail
  const words = <span class={`word ${look}`}>{text}</span>
  return (
    <>
      {cell.outcome === 'not reached' ? (
        words
      ) : (
        <button type="button" class="plain" onClick={onChoose}>
          {words}
        </button>
      )}
      {detail === '' ? null : (
        <div class="dim" title={shown(detail)}>
          {cut(detail, 150)}
        </div>
      )}
    </>
  )
}

/** The first event of a step; where the step ended in a fault, the fault. */
const goTo = async (store: Store, view: RunsView, kernel: number, step: string): Promise<void> => {
  await chooseKernel(store, kernel)
  const events = view.runs[kernel]?.events ?? []
  const begin = events.findIndex((event) => event.event === 'step' && event.what === step)
  const fault = view.report.runs[kernel]?.step === step ? events.findIndex(({ event }) => event === 'oops') : -1
  const at = Math.max(begin, fault)
  if (at >= 0) chooseEvent(store, at)
}

/** How each kernel came to where it ended. */
const Paths = ({ runs }: { readonly runs: readonly KernelRun[] }) => {
  const { kernel } = useStore()
  const ended = runs.filter(({ step }) => step !== null)
  if (ended.length === 0) return null
  return (
    <>
      <h3>How they ended</h3>
      <div class="scroll" tabIndex={0} role="region" aria-label="Call paths">
        <table class="ended">
          <thead>
            <tr>
              <th scope="col">kernel</th>
              <th scope="col">at</th>
              <th scope="col">why, and the call path, innermost first</th>
            </tr>
          </thead>
          <tbody>
            {ended.map((run) => (
              <tr key={run.kernel} class={run === runs[kernel.value] ? 'chosen' : ''}>
                <th scope="row" class="mono">
                  {kernelName(run)}
                </th>
                <td>{shown(run.step ?? '')}</td>
                <td>
                  {run.errno === null ? '' : `${run.errno}: `}
                  {shown(run.why ?? '')}
                  {run.oops === null ? null : (
                    <>
                      <pre>{run.oops.callPath.join('\n')}</pre>
                      <details>
                        <summary>console</summary>
                        <pre>{shown(run.oops.text.join('\n'))}</pre>
                      </details>
                    </>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

/** What changed since the run before. */
const Since = ({ runs }: { readonly runs: readonly KernelRun[] }) => {
  const { before } = useStore()
  const old = before.value?.report.runs
  if (old === undefined) return null
  const rows = runs.flatMap((run) => {
    const last = old.find(({ kernel }) => kernel === run.kernel)
    if (last === undefined) return [{ kernel: run.kernel, text: `new: ${run.verdict}` }]
    const steps = run.steps.filter(
      (row, i) => row.outcome !== last.steps[i]?.outcome || row.step !== last.steps[i]?.step,
    )
    const copied = (one: KernelRun): number =>
      one.elements.reduce((sum, { cpuBytesPerFrame }) => sum + cpuBytesPerFrame, 0)
    const changes = [
      ...(run.verdict === last.verdict ? [] : [`${last.verdict} before, ${run.verdict} now`]),
      ...(steps.length === 0 ? [] : [`${steps.length} steps differ, the first: ${steps[0]?.step ?? ''}`]),
      ...(copied(run) === copied(last) ? [] : [`${copied(last)} bytes copied a frame before, ${copied(run)} now`]),
      ...(run.cache.lines === last.cache.lines
        ? []
        : [`${last.cache.lines} cache line operations before, ${run.cache.lines} now`]),
    ]
    return changes.length === 0 ? [] : [{ kernel: run.kernel, text: changes.join('; ') }]
  })
  return (
    <div data-view="since" role="note" aria-label="Compared with the run before">
      <b>Compared with the run before:</b> {rows.length === 0 ? 'nothing is different.' : null}
      {rows.length === 0 ? null : (
        <ul>
          {rows.map(({ kernel, text }) => (
            <li key={kernel}>
              <code>{kernel}</code>: {shown(text)}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

/** What the verdicts rest on. */
const Told = ({ view: { report } }: { readonly view: RunsView }) => {
  const lines = [
    ...report.notes,
    ...report.assumptions.map(({ kind, what }) => `assumed ${kind}: ${what}`),
    ...report.ignored.map(({ what, why }) => `ignored: ${what} (${why})`),
    ...report.notExamined.map((what) => `not examined: ${what}`),
  ]
  if (lines.length === 0) return null
  return (
    <details>
      <summary>What this rests on ({lines.length})</summary>
      <ul>
        {lines.map((line, i) => (
          <li key={i}>{shown(line)}</li>
        ))}
      </ul>
    </details>
  )
}
