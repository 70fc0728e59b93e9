// An ExploreReport for other tools: SARIF for code review, JUnit for CI systems. A defect is a result and a test case.
import { type Defect, type ExplainedCode, type ExploreReport, newDefects } from '@dmalab/api'
import { encoded, LEVEL, ruleOf } from '../log/sarif.ts'
import { type Json, sarifLog } from '../sarif-log.ts'
import { attribute, escapeXml } from '../xml.ts'

export interface ExploreToolOptions {
  readonly explain: (code: string) => ExplainedCode | undefined
  /** Ids of defects that a baseline has. */
  readonly baseline: ReadonlySet<string>
}

/** What of a report other tools are told. */
type ToldReport = Pick<ExploreReport, 'kernel' | 'base' | 'defects' | 'coverage'>

/** SARIF 2.1.0; not successful when the time was up. A result lies in the file of its first hunk; `baselineState` tells what is new. */
export const exploreSarif = (report: ToldReport, version: string, options: ExploreToolOptions): Json => {
  const codes = [...new Set(report.defects.map(({ code }) => code))].toSorted()
  const fresh = new Set(freshOf(report, options))
  const { explored, configurations } = report.coverage
  const unexplored = configurations - explored
  return sarifLog({
    version,
    rules: codes.map((code) => ruleOf(code, options.explain(code))),
    successful: unexplored === 0,
    notifications:
      unexplored === 0
        ? []
        : [
            {
              level: 'warning',
              message: { text: `${unexplored} of ${configurations} configurations were not explored` },
            },
          ],
    results: report.defects.map((defect) => ({
      ruleId: defect.code,
      ruleIndex: codes.indexOf(defect.code),
      level: LEVEL[options.explain(defect.code)?.severity ?? 'error'],
      message: { text: textOf(defect) },
      baselineState: fresh.has(defect) ? 'new' : 'unchanged',
      partialFingerprints: { defect: defect.id },
      locations: locationsOf(defect),
    })),
  })
}

/** A defect that the base or the baseline has is a case that was skipped. */
export const exploreJunit = (report: ToldReport, options: ExploreToolOptions): string => {
  const fresh = new Set(freshOf(report, options))
  const { defects, kernel } = report
  const skipped = defects.length - fresh.size
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites name="dmalab explore">',
    `  <testsuite name=${attribute(kernel)} tests="${defects.length}" failures="${fresh.size}" errors="0" skipped="${skipped}">`,
    ...defects.flatMap((defect) => [
      `    <testcase classname=${attribute(kernel)} name=${attribute(defect.id)}>`,
      fresh.has(defect)
        ? `      <failure type=${attribute(defect.code)} message=${attribute(defect.message)}>${escapeXml(textOf(defect))}</failure>`
        : '      <skipped message="the base or the baseline has it"/>',
      '    </testcase>',
    ]),
    '  </testsuite>',
    '</testsuites>',
  ].join('\n')
}

const freshOf = (report: ToldReport, { baseline }: ExploreToolOptions): readonly Defect[] =>
  newDefects(report).filter(({ id }) => !baseline.has(id))

const textOf = ({ message, symbols, configuration, scenario }: Defect): string => {
  const needs = Object.entries(configuration).map(([axis, value]) => `${axis} ${value}`)
  return [
    message,
    ...(symbols.length === 0 ? [] : [`in ${symbols.join(' < ')}`]),
    ...(needs.length === 0 ? [] : [`needs ${needs.join(', ')}`]),
    ...(scenario === null ? [] : [`scenario ${scenario.name}`]),
  ].join('; ')
}

const locationsOf = ({ hunks, symbols }: Defect): readonly Json[] => {
  const [hunk] = hunks
  const [symbol] = symbols
  if (hunk === undefined && symbol === undefined) return []
  return [
    {
      ...(hunk === undefined ? {} : { physicalLocation: { artifactLocation: { uri: encoded(hunk.file) } } }),
      ...(symbol === undefined ? {} : { logicalLocations: [{ name: symbol, kind: 'function' }] }),
    },
  ]
}
