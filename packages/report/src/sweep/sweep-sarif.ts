// A SweepReport as SARIF 2.1.0: a result for each point that did not work, and for each finding of warning or error.
import type { Severity, SweepReport } from '@dmalab/api'
import { LEVEL, ruleOf, type SarifOptions } from '../log/sarif.ts'
import { type Json, sarifLog } from '../sarif-log.ts'
import { cellOf, isBad, whyOf } from './cells.ts'
import { placeText } from './sweep-text.ts'

export interface SweepSarifOptions extends Omit<SarifOptions, 'uriOf'> {
  /** The sweep file as a URI reference; null: there is none. */
  readonly uri: string | null
}

interface Told {
  readonly rule: string
  readonly severity: Severity
  readonly text: string
  readonly id: string
}

export const sweepSarif = ({ points }: SweepReport, { version, explain, uri }: SweepSarifOptions): Json => {
  const told = points.flatMap((point) => toldOf(point))
  const codes = [...new Set(told.map(({ rule }) => rule))].toSorted((a, b) => (a < b ? -1 : 1))
  const place = uri === null ? [] : [{ physicalLocation: { artifactLocation: { uri } } }]
  const unfinished = points.filter(({ result }) => result.kind !== 'ran' && result.kind !== 'not-possible')
  return sarifLog({
    version,
    rules: codes.map((code) => ruleOf(code, explain(code))),
    successful: unfinished.length === 0,
    notifications: unfinished.map(({ at, result }) => ({
      level: 'error',
      message: { text: `${placeText(at)}: ${cellOf(result)}: ${whyOf(result) ?? ''}` },
      locations: place,
    })),
    results: told.map(({ rule, severity, text, id }) => ({
      ruleId: rule,
      ruleIndex: codes.indexOf(rule),
      level: LEVEL[severity],
      message: { text },
      locations: place,
      partialFingerprints: { 'dmalab/point': `${id}/${rule}` },
    })),
  })
}

const toldOf = ({ id, at, result }: SweepReport['points'][number]): readonly Told[] => {
  if (result.kind !== 'ran') return []
  const where = placeText(at)
  const findings = result.findings
    .filter(({ severity }) => severity !== 'info')
    .map(({ code, severity, count }) => ({ rule: code, severity, text: `${where}: ${code}, ${count} times`, id }))
  return isBad(result)
    ? [
        {
          rule: `verdict-${result.verdict}`,
          severity: result.verdict === 'unknown' ? 'warning' : 'error',
          text: `${where}: ${cellOf(result)}: ${whyOf(result) ?? ''}`,
          id,
        },
        ...findings,
      ]
    : findings
}
