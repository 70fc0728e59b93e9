// JUnit XML, which CI systems read: a suite a log, a case a finding code. What was not judged is skipped; what was not checked is an error.
import { atLeast, FINDINGS, type FindingCode, type LogCheck, type LogOutcome } from '@dmalab/api'
import { attribute, escapeXml } from '../xml.ts'
import { isCheck, whyUnchecked } from './unchecked.ts'

export const junitOf = (outcomes: readonly LogOutcome[]): string =>
  [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites name="dmalab trace check">',
    ...outcomes.map((outcome) => {
      const why = whyUnchecked(outcome)
      return why === undefined && isCheck(outcome) ? suiteOf(outcome) : uncheckedSuite(outcome.file, why ?? '')
    }),
    '</testsuites>',
  ].join('\n')

const uncheckedSuite = (file: string, why: string): string =>
  [
    `  <testsuite name=${attribute(file)} tests="1" failures="0" errors="1" skipped="0">`,
    `    <testcase classname=${attribute(file)} name="read">`,
    `      <error type="unchecked" message=${attribute(why)}/>`,
    '    </testcase>',
    '  </testsuite>',
  ].join('\n')

const CATALOGUE = (Object.keys(FINDINGS) as FindingCode[]).filter((code) => atLeast(FINDINGS[code].severity, 'warning'))

const suiteOf = ({ file, findings, summary }: LogCheck): string => {
  const grave = findings.filter(({ severity }) => atLeast(severity, 'warning'))
  const failed = new Set(grave.map(({ code }) => code))
  const lacks = new Map(summary.notJudged.flatMap((one) => one.codes.map((code) => [code, one.lacks] as const)))
  const codes = [...new Set<string>([...CATALOGUE, ...failed])]
  const skipped = codes.filter((code) => lacks.has(code)).length
  const cases = codes.map((code) => {
    const head = `    <testcase classname=${attribute(file)} name=${attribute(code)}`
    const why = lacks.get(code)
    if (why !== undefined) return around(head, `<skipped message=${attribute(`not judged: ${why}`)}/>`)
    const mine = grave.filter((one) => one.code === code)
    if (mine.length === 0) return `${head}/>`
    const text = mine.map(({ message, evidence }) => `${message} (line ${(evidence ?? []).join(', ')})`).join('\n')
    const { severity = '', message = '' } = mine[0] ?? {}
    return around(
      head,
      `<failure type=${attribute(severity)} message=${attribute(message)}>${escapeXml(text)}</failure>`,
    )
  })
  return [
    `  <testsuite name=${attribute(file)} tests="${codes.length}" failures="${failed.size}" errors="0" skipped="${skipped}">`,
    ...cases,
    '  </testsuite>',
  ].join('\n')
}

const around = (head: string, inner: string): string => `${head}>\n      ${inner}\n    </testcase>`
