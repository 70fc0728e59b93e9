// A diagnosis: the answers in order of certainty, each with its evidence and what to try.
import type { Answer, DiagnosisView, Evidence, Experiment } from '@dmalab/api'
import { shown } from './text.ts'

export const Diagnosis = ({ view: { diagnosis } }: { readonly view: DiagnosisView }) => {
  const { examined, inputs, facts, contradictions, answers, notes, notExamined, symptom } = diagnosis
  return (
    <>
      <section class="card wide" aria-labelledby="diagnosis-title" data-view="diagnosis">
        <header>
          <h2 id="diagnosis-title">Diagnosis</h2>
        </header>
        <table>
          <thead>
            <tr>
              <th scope="col">file</th>
              <th scope="col">kind</th>
              <th scope="col">what is in it</th>
            </tr>
          </thead>
          <tbody>
            {inputs.map(({ file, kind, says }, i) => (
              <tr key={i}>
                <th scope="row" class="mono">
                  {shown(file)}
                </th>
                <td>{kind}</td>
                <td>{shown(says)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {facts.length === 0 ? null : (
          <ul>
            {facts.map(({ what, text, evidence }, i) => (
              <li key={i}>
                {what}: {shown(text)} <Place evidence={evidence} />
              </li>
            ))}
          </ul>
        )}
        {answers.length === 0 && symptom === null ? (
          <p>{examined ? 'Nothing wrong was found in what was read.' : 'Nothing was examined.'}</p>
        ) : null}
      </section>
      {contradictions.map(({ what, evidence }, i) => (
        <section class="card" key={i} aria-label="Not of one machine">
          <article class="finding error">
            <p class="severity-error">Not of one machine</p>
            <p>{shown(what)}</p>
            <Places evidence={evidence} />
          </article>
        </section>
      ))}
      {answers.map((one, i) => (
        <AnswerCard key={i} answer={one} />
      ))}
      {symptom === null ? null : (
        <section class="card" aria-label={`Questions about ${symptom.symptom}`}>
          <h2>Questions about {symptom.symptom}</h2>
          <ul>
            {symptom.questions.map(({ ask, how }) => (
              <li key={ask}>
                {shown(ask)} <span class="dim">{shown(how)}</span>
              </li>
            ))}
          </ul>
          <ul>
            {symptom.board.map((line) => (
              <li key={line}>{shown(line)}</li>
            ))}
          </ul>
          {symptom.experiments.map((one) => (
            <Try key={one.command} experiment={one} />
          ))}
        </section>
      )}
      {notes.length === 0 && notExamined.length === 0 ? null : (
        <section class="card" aria-label="Notes">
          <h2>Notes</h2>
          <ul>
            {notes.map(({ kind, what, evidence }, i) => (
              <li key={i}>
                {kind}: {shown(what)}{' '}
                {evidence.slice(0, 3).map((one, n) => (
                  <Place key={n} evidence={one} />
                ))}
              </li>
            ))}
            {notExamined.map((what) => (
              <li key={what}>not examined: {shown(what)}</li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}

const SEVERITY: Readonly<Record<Answer['certainty'], string>> = {
  certain: 'error',
  likely: 'warning',
  possible: 'info',
}

const AnswerCard = ({ answer }: { readonly answer: Answer }) => {
  const { id, certainty, title, what, evidence, tries, next, shown: seen, experiments } = answer
  return (
    <section class="card" aria-label={title} data-view="answer">
      <article class={`finding ${SEVERITY[certainty]}`}>
        <h2>{shown(title)}</h2>
        <p>
          <span class={`severity-${SEVERITY[certainty]}`}>{certainty}</span> <code>{shown(id)}</code>
        </p>
        {what.map((text) => (
          <p key={text}>{shown(text)}</p>
        ))}
        <Places evidence={evidence} />
        {next === null ? null : <p>Next: {shown(next)}</p>}
        {tries.length === 0 ? null : (
          <ul>
            {tries.map((one) => (
              <li key={one}>{shown(one)}</li>
            ))}
          </ul>
        )}
        {seen === null ? null : (
          <>
            <p>
              {shown(seen.why)}, <code>{shown(seen.kernel)}</code>: {seen.verdict}
              {seen.detail === '' ? '' : `: ${shown(seen.detail)}`}
            </p>
            <pre>{shown(seen.command)}</pre>
          </>
        )}
        {experiments.map((one) => (
          <Try key={one.command} experiment={one} />
        ))}
      </article>
    </section>
  )
}

const Try = ({ experiment: { why, command } }: { readonly experiment: Experiment }) => (
  <>
    <p>{shown(why)}:</p>
    <pre>{shown(command)}</pre>
  </>
)

const Place = ({ evidence: { file, line } }: { readonly evidence: Evidence }) => (
  <code class="dim">{shown(line === null ? file : `${file}:${line}`)}</code>
)

const MOST = 8

const Places = ({ evidence }: { readonly evidence: readonly Evidence[] }) => (
  <ul>
    {evidence.slice(0, MOST).map((one, i) => (
      <li key={i}>
        <Place evidence={one} /> <code>{shown(one.text)}</code>
      </li>
    ))}
    {evidence.length > MOST ? <li class="dim">and {evidence.length - MOST} more</li> : null}
  </ul>
)
