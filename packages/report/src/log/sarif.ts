// SARIF 2.1.0, which code review tools read: a rule per finding code, a location per line of the log.
import type { Finding, LogCheck, LogOutcome, Severity } from '@dmalab/api'
import { type Json, sarifLog } from '../sarif-log.ts'
import { isCheck, whyUnchecked } from './unchecked.ts'

/** What a rule says of a finding code; `explainCode` of @dmalab/checker has it for the codes of the catalogue. */
export interface RuleText {
  readonly severity: Severity
  readonly title: string
  readonly what: string
  readonly why: string
  readonly fixes: readonly string[]
}

export interface SarifOptions {
  /** Of dmalab. */
  readonly version: string
  readonly explain: (code: string) => RuleText | undefined
  /** A file as a URI reference; a relative one is meant from the folder where the check ran. */
  readonly uriOf?: (file: string) => string
}

export const LEVEL: Readonly<Record<Severity, string>> = { info: 'note', warning: 'warning', error: 'error' }
const STANDARD_INPUT = '-'

export const sarifOf = (outcomes: readonly LogOutcome[], options: SarifOptions): Json => {
  const { version, explain, uriOf = encoded } = options
  const found = outcomes.flatMap((outcome) =>
    isCheck(outcome) ? outcome.findings.map((one) => ({ file: outcome.file, one })) : [],
  )
  const codes = [...new Set(found.map(({ one }) => one.code))].toSorted((a, b) => (a < b ? -1 : 1))
  const unread = outcomes.flatMap((outcome) => {
    const why = whyUnchecked(outcome)
    return why === undefined ? [] : [notification('error', `${nameOf(outcome.file)}: ${why}`, outcome.file, uriOf)]
  })
  const left = outcomes.flatMap((outcome) =>
    isCheck(outcome) && outcome.summary.examined ? notes(outcome, uriOf) : [],
  )
  const rules = codes.map((code) => ruleOf(code, explain(code)))
  return sarifLog({
    version,
    rules,
    successful: unread.length === 0,
    notifications: [...unread, ...left],
    results: found.map(({ file, one }) => resultOf(file, one, codes, uriOf)),
  })
}

/** What the log could neither prove nor exclude. */
const notes = ({ file, summary }: LogCheck, uriOf: (file: string) => string): readonly Json[] =>
  summary.notJudged.map(({ lacks, codes }) =>
    notification('note', `${nameOf(file)}: not judged (${lacks}): ${codes.join(', ')}`, file, uriOf),
  )

const notification = (level: string, text: string, file: string, uriOf: (file: string) => string): Json => ({
  level,
  message: { text },
  ...(file === STANDARD_INPUT ? {} : { locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(file) } } }] }),
})

const nameOf = (file: string): string => (file === STANDARD_INPUT ? 'standard input' : file)

export const ruleOf = (code: string, text: RuleText | undefined): Json =>
  text === undefined
    ? { id: code }
    : {
        id: code,
        shortDescription: { text: text.title },
        fullDescription: { text: `${text.what} ${text.why}` },
        help: { text: text.fixes.map((fix) => `- ${fix}`).join('\n') },
        defaultConfiguration: { level: LEVEL[text.severity] },
      }

/** The last line completes the finding; the others led to it. */
const resultOf = (file: string, one: Finding, codes: readonly string[], uriOf: (file: string) => string): Json => {
  const location = (line: number): Json =>
    file === STANDARD_INPUT
      ? { message: { text: `line ${line} of standard input` } }
      : { physicalLocation: { artifactLocation: { uri: uriOf(file) }, region: { startLine: Math.max(1, line) } } }
  const lines = one.evidence ?? []
  const last = lines.at(-1)
  return {
    ruleId: one.code,
    ruleIndex: codes.indexOf(one.code),
    level: LEVEL[one.severity],
    message: { text: one.message },
    locations: last === undefined ? [] : [location(last)],
    // The schema wants each of them once.
    relatedLocations: [...new Set(lines.slice(0, -1))].map(location),
  }
}

/** A path as a URI reference: a blank, '#' or '%' in it would mean something else. */
export const encoded = (file: string): string => file.split('/').map(encodeURIComponent).join('/')
