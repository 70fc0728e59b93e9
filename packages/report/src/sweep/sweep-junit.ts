// A SweepReport as JUnit XML: a suite a board, a case a point. What cannot run is skipped; what could not be run to the end is an error.
import { type SweepPlace, type SweepReport } from '@dmalab/api'
import { attribute, escapeXml } from '../xml.ts'
import { cellOf, isBad, whyOf } from './cells.ts'
import { placeText } from './sweep-text.ts'

export const sweepJunit = ({ name, points }: SweepReport): string => {
  const suites = new Map<string, SweepReport['points'][number][]>()
  for (const point of points) {
    const suite = point.at.board ?? name
    const cases = suites.get(suite) ?? []
    suites.set(suite, cases)
    cases.push(point)
  }
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name=${attribute(`dmalab sweep: ${name}`)}>`,
    ...[...suites].flatMap(([suite, cases]) => suiteLines(suite, cases)),
    '</testsuites>',
  ].join('\n')
}

type Point = SweepReport['points'][number]
type Kind = 'passed' | 'failure' | 'error' | 'skipped'

const kindOf = ({ result }: Point): Kind => {
  if (!isBad(result)) return 'passed'
  if (result.kind === 'ran') return 'failure'
  return result.kind === 'not-possible' ? 'skipped' : 'error'
}

const suiteLines = (suite: string, points: readonly Point[]): readonly string[] => {
  const counted = (kind: Kind): number => points.filter((point) => kindOf(point) === kind).length
  return [
    `  <testsuite name=${attribute(suite)} tests="${points.length}" failures="${counted('failure')}" errors="${counted('error')}" skipped="${counted('skipped')}">`,
    ...points.map((point) => caseText(suite, point)),
    '  </testsuite>',
  ]
}

const caseText = (suite: string, point: Point): string => {
  const { at, id, result } = point
  const head = `    <testcase classname=${attribute(suite)} name=${attribute(nameOf(at, id))}`
  const kind = kindOf(point)
  if (kind === 'passed') return `${head}/>`
  const message = attribute(`${cellOf(result)}: ${whyOf(result) ?? ''}`)
  if (kind === 'skipped') return `${head}>\n      <skipped message=${message}/>\n    </testcase>`
  const findings = result.kind === 'ran' ? result.findings.map(({ code, count }) => `${code} ${count}`) : []
  return `${head}>\n      <${kind} type=${attribute(cellOf(result))} message=${message}>${escapeXml(findings.join('\n'))}</${kind}>\n    </testcase>`
}

const nameOf = ({ board: _board, ...at }: SweepPlace, id: string): string => placeText(at) || id
