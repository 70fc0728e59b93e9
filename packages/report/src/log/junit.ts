// JUnit XML, which CI systems read: a suite per log, a case per finding code that can be a failure.
import { atLeast, FINDINGS, type LogCheck } from '@dmalab/api'

export const junitOf = (checks: readonly LogCheck[]): string => {
  const suites = checks.map(suiteOf)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites name="dmalab trace check">',
    ...suites,
    '</testsuites>',
  ].join('\n')
}

const suiteOf = ({ file, findings }: LogCheck): string => {
  const grave = findings.filter(({ severity }) => atLeast(severity, 'warning'))
  const own = grave.map(({ code }) => code)
  const codes = [
    ...new Set([
      ...Object.keys(FINDINGS).filter((code) => atLeast(FINDINGS[code as keyof typeof FINDINGS].severity, 'warning')),
      ...own,
    ]),
  ]
  const failed = new Set(own)
  const cases = codes.map((code) => {
    const mine = grave.filter((one) => one.code === code)
    const head = `    <testcase classname=${attribute(file)} name=${attribute(code)}`
    if (mine.length === 0) return `${head}/>`
    const text = mine.map(({ message, evidence }) => `${message} (line ${(evidence ?? []).join(', ')})`).join('\n')
    return `${head}>\n      <failure type=${attribute(mine[0]?.severity ?? '')} message=${attribute(mine[0]?.message ?? '')}>${escape(text)}</failure>\n    </testcase>`
  })
  return [
    `  <testsuite name=${attribute(file)} tests="${codes.length}" failures="${failed.size}" errors="0">`,
    ...cases,
    '  </testsuite>',
  ].join('\n')
}

/** XML 1.0 has no place for most control characters. */
const escape = (text: string): string =>
  text
    .replaceAll(/[^\P{Cc}\n\t]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
const attribute = (text: string): string => `"${escape(text).replaceAll('\n', ' ')}"`
