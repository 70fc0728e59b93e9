// A diagnosis as SARIF 2.1.0: a rule for each kind of answer, a location for each line of evidence.
import type { Answer, Certainty, Diagnosis, Evidence } from '@dmalab/api'
import { type Json, sarifLog } from '../sarif-log.ts'

interface Options {
  /** Of dmalab. */
  readonly version: string
  readonly uriOf: (file: string) => string
}

const LEVEL: Readonly<Record<Certainty, string>> = { certain: 'error', likely: 'warning', possible: 'note' }

export const diagnosisSarif = (diagnosis: Diagnosis, { version, uriOf }: Options): Json => {
  const ids = [...new Set(diagnosis.answers.map(({ id }) => id))]
  return sarifLog({
    version,
    rules: ids.map((id) => ruleOf(id, diagnosis.answers)),
    successful: true,
    notifications: [
      ...diagnosis.contradictions.map(({ what }) => ({ level: 'warning', message: { text: what } })),
      ...diagnosis.notExamined.map((text) => ({ level: 'note', message: { text: `not examined: ${text}` } })),
    ],
    results: diagnosis.answers.map((answer) => resultOf(answer, ids, uriOf)),
  })
}

const ruleOf = (id: string, answers: readonly Answer[]): Json => {
  const one = answers.find((answer) => answer.id === id)
  return {
    id,
    shortDescription: { text: one?.title ?? id },
    ...(one === undefined || one.tries.length === 0
      ? {}
      : { help: { text: one.tries.map((text) => `- ${text}`).join('\n') } }),
  }
}

const resultOf = (answer: Answer, ids: readonly string[], uriOf: Options['uriOf']): Json => {
  const [first, ...others] = answer.evidence.map((one) => locationOf(one, uriOf))
  const shown = answer.shown === null ? [] : [`On the model: ${answer.shown.command}`]
  return {
    ruleId: answer.id,
    ruleIndex: ids.indexOf(answer.id),
    level: LEVEL[answer.certainty],
    message: { text: [answer.title, ...answer.what, ...shown].join('\n') },
    locations: first === undefined ? [] : [first],
    relatedLocations: others,
    properties: { certainty: answer.certainty },
  }
}

/** A part of an archive has no URI of its own. */
const locationOf = ({ file, line, text }: Evidence, uriOf: Options['uriOf']): Json => {
  const archive = /^(.*\.(?:tar|tgz|tar\.gz)):(.+)$/.exec(file)
  if (file === '-') return { message: { text: `line ${line ?? 1} of standard input: ${text}` } }
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(archive?.[1] ?? file) },
      ...(line === null || archive !== null ? {} : { region: { startLine: line } }),
    },
    message: { text: archive === null ? text : `${archive[2]}${line === null ? '' : `:${line}`}: ${text}` },
  }
}
