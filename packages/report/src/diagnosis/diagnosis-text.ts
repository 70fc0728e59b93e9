// A diagnosis for a terminal: what was read, what is wrong in order of certainty, what to try, what was not looked at.
import type { Answer, Certainty, Diagnosis, DiagnosisNote, Evidence, Experiment, SymptomAnswer } from '@dmalab/api'
import { plural } from '../numbers.ts'
import { bold, dim, paintSeverity } from '../paint.ts'

export const diagnosisText = (diagnosis: Diagnosis): string => {
  const { inputs, facts, contradictions, answers, notes, notExamined, symptom } = diagnosis
  const head = inputs
    .filter(({ kind }) => kind !== 'other')
    .map(({ file, kind, says }) => dim(`${file}: ${kind}: ${says}`))
  return [
    [...head, ...facts.map(({ what, text, evidence }) => dim(`${what}: ${text} (${placeOf(evidence)})`))].join('\n'),
    contradictions
      .map(({ what, evidence }) => [`${bold('not of one machine')}: ${what}`, ...evidence.map(evidenceLine)].join('\n'))
      .join('\n'),
    conclusion(diagnosis),
    ...answers.map(answerText),
    notes.map(noteText).join('\n'),
    symptom === null ? '' : symptomText(symptom),
    notExamined.length === 0
      ? ''
      : [bold('Not examined:'), ...notExamined.map((text) => dim(`  - ${text}`))].join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

const conclusion = ({ examined, answers, notes, symptom }: Diagnosis): string => {
  if (answers.length > 0) return bold(plural(answers.length, 'answer'))
  if (symptom !== null) return ''
  if (!examined) return 'Nothing was examined.'
  const harmless = notes.filter(({ kind }) => kind === 'harmless').length
  return `Nothing wrong was found in what was read${harmless > 0 ? `; ${plural(harmless, 'line')} that look${harmless === 1 ? 's' : ''} bad ${harmless === 1 ? 'is' : 'are'} harmless` : ''}.`
}

const SEVERITY: Readonly<Record<Certainty, 'error' | 'warning' | 'info'>> = {
  certain: 'error',
  likely: 'warning',
  possible: 'info',
}

const answerText = (answer: Answer): string => {
  const { id, certainty, title, what, evidence, tries, next, shown, experiments } = answer
  return [
    `${paintSeverity(SEVERITY[certainty], certainty)} ${bold(title)} ${dim(`(${id})`)}`,
    ...what.map((text) => `  ${text}`),
    ...evidence.map(evidenceLine),
    ...(next === null ? [] : [`  next: ${next}`]),
    ...(tries.length === 0 ? [] : ['  try:', ...tries.map((text) => `    - ${text}`)]),
    ...(shown === null
      ? []
      : [
          `  ${shown.why}, ${shown.kernel}: ${shown.verdict}${shown.detail === '' ? '' : `: ${shown.detail}`}`,
          `    ${shown.command}`,
        ]),
    ...experiments.flatMap(experimentLines),
  ].join('\n')
}

const experimentLines = ({ why, command }: Experiment): readonly string[] => [`  ${why}:`, `    ${command}`]

const placeOf = ({ file, line }: Evidence): string => (line === null ? file : `${file}:${line}`)
const evidenceLine = (one: Evidence): string => dim(`  ${placeOf(one)}${one.text === '' ? '' : `: ${one.text}`}`)

const noteText = ({ kind, id, what, evidence }: DiagnosisNote): string =>
  dim(`${kind}${evidence.map((one) => `, ${placeOf(one)}`).join('')}: ${what} (${id})`)

const symptomText = ({ symptom, questions, board, experiments }: SymptomAnswer): string =>
  [
    bold(`Questions about ${symptom}:`),
    ...questions.flatMap(({ ask, how }) => [`  - ${ask}`, dim(`      ${how}`)]),
    ...(board.length === 0 ? [] : [bold('What the board says to it:'), ...board.map((text) => `  - ${text}`)]),
    ...(experiments.length === 0
      ? ['Name a board for experiments: a device tree among the files, or --board']
      : [bold('Experiments:'), ...experiments.flatMap(experimentLines)]),
  ].join('\n')
