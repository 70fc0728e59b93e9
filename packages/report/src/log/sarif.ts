// SARIF 2.1.0, which code review tools read: a rule per finding code, a location per line of the log.
import type { Finding, LogCheck, Severity } from '@dmalab/api'

/** What a rule says of a finding code; `explainCode` of @dmalab/checker has it for the codes of the catalogue. */
export interface RuleText {
  readonly severity: Severity
  readonly title: string
  readonly what: string
  readonly why: string
  readonly fixes: readonly string[]
}

const LEVEL: Record<Severity, string> = { info: 'note', warning: 'warning', error: 'error' }

export const sarifOf = (
  checks: readonly LogCheck[],
  explain: (code: string) => RuleText | undefined,
): Readonly<Record<string, unknown>> => {
  const codes = [...new Set(checks.flatMap(({ findings }) => findings.map(({ code }) => code)))].toSorted((a, b) =>
    a < b ? -1 : 1,
  )
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'dmalab', rules: codes.map((code) => ruleOf(code, explain(code))) } },
        results: checks.flatMap(({ file, findings }) => findings.map((one) => resultOf(file, one, codes))),
      },
    ],
  }
}

const ruleOf = (code: string, text: RuleText | undefined): Readonly<Record<string, unknown>> =>
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
const resultOf = (file: string, one: Finding, codes: readonly string[]): Readonly<Record<string, unknown>> => {
  const location = (line: number): Readonly<Record<string, unknown>> => ({
    physicalLocation: { artifactLocation: { uri: uriOf(file) }, region: { startLine: Math.max(1, line) } },
  })
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
const uriOf = (file: string): string => file.split('/').map(encodeURIComponent).join('/')
