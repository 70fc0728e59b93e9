// A diagnosis as one page that needs nothing else: no script, no other file.
import type { Answer, Diagnosis, Evidence, Experiment, SymptomAnswer } from '@dmalab/api'
import { escapeXml } from '../xml.ts'

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin:0}article{border-left:4px solid #888;padding:.2rem 1rem;margin:1.2rem 0}
.certain{border-color:#b3261e}.likely{border-color:#b26a00}.possible{border-color:#3367a6}
code,pre{font:13px/1.4 ui-monospace,monospace;background:#f3f3f3}pre{padding:.5rem;white-space:pre-wrap;overflow-wrap:anywhere}
small,.dim{color:#555}@media(prefers-color-scheme:dark){body{color:#e6e6e6;background:#161616}code,pre{background:#262626}small,.dim{color:#aaa}}`

export const diagnosisHtml = (diagnosis: Diagnosis): string => {
  const { examined, inputs, facts, contradictions, answers, notes, notExamined, symptom } = diagnosis
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<title>dmalab diagnosis</title><style>${STYLE}</style></head><body>`,
    '<h1>Diagnosis</h1>',
    list(inputs.map(({ file, kind, says }) => `<code>${escapeXml(file)}</code>: ${kind}: ${escapeXml(says)}`)),
    facts.length === 0
      ? ''
      : list(facts.map(({ what, text, evidence }) => `${what}: ${escapeXml(text)} <small>${place(evidence)}</small>`)),
    ...contradictions.map(
      ({ what, evidence }) =>
        `<article class="certain"><h2>Not of one machine</h2><p>${escapeXml(what)}</p>${evidenceList(evidence)}</article>`,
    ),
    answers.length === 0 && symptom === null
      ? `<p>${examined ? 'Nothing wrong was found in what was read.' : 'Nothing was examined.'}</p>`
      : '',
    ...answers.map(answerHtml),
    symptom === null ? '' : symptomHtml(symptom),
    section(
      'Notes',
      notes.map(
        ({ kind, what, evidence }) => `${kind}: ${escapeXml(what)} <small>${evidence.map(place).join(', ')}</small>`,
      ),
    ),
    section('Not examined', notExamined.map(escapeXml)),
    '</body></html>',
  ]
    .filter((part) => part !== '')
    .join('\n')
}

const answerHtml = ({ id, certainty, title, what, evidence, tries, next, shown, experiments }: Answer): string =>
  [
    `<article class="${certainty}"><h2>${escapeXml(title)}</h2><p><small>${certainty}, ${escapeXml(id)}</small></p>`,
    ...what.map((text) => `<p>${escapeXml(text)}</p>`),
    evidenceList(evidence),
    next === null ? '' : `<p>Next: ${escapeXml(next)}</p>`,
    tries.length === 0 ? '' : `<p>Try:</p>${list(tries.map(escapeXml))}`,
    shown === null
      ? ''
      : `<p>${escapeXml(`${shown.why}, ${shown.kernel}: ${shown.verdict}${shown.detail === '' ? '' : `: ${shown.detail}`}`)}</p><pre>${escapeXml(shown.command)}</pre>`,
    ...experiments.map(experimentHtml),
    '</article>',
  ].join('')

const symptomHtml = ({ symptom, questions, board, experiments }: SymptomAnswer): string =>
  [
    section(
      `Questions about ${symptom}`,
      questions.map(({ ask, how }) => `${escapeXml(ask)} <small>${escapeXml(how)}</small>`),
    ),
    section('What the board says to it', board.map(escapeXml)),
    ...experiments.map(experimentHtml),
  ].join('\n')

const experimentHtml = ({ why, command }: Experiment): string =>
  `<p>${escapeXml(why)}:</p><pre>${escapeXml(command)}</pre>`
const section = (title: string, items: readonly string[]): string =>
  items.length === 0 ? '' : `<h2>${title}</h2>${list(items)}`
const list = (items: readonly string[]): string => `<ul>${items.map((item) => `<li>${item}</li>`).join('')}</ul>`
const place = ({ file, line }: Evidence): string =>
  `<code>${escapeXml(line === null ? file : `${file}:${line}`)}</code>`
const evidenceList = (evidence: readonly Evidence[]): string =>
  list(evidence.map((one) => `${place(one)} <span class="dim">${escapeXml(one.text)}</span>`))
