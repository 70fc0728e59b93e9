// The check of a log as text.
import type { Finding, LogCheck } from '@dmalab/api'
import { foldList } from '../fold.ts'
import { count, plural } from '../numbers.ts'
import { bold, dim, paintSeverity } from '../paint.ts'
import { whyUnchecked } from './unchecked.ts'

export interface CheckTextOptions {
  /** The lines that a kernel would print for a finding; none when absent. */
  readonly kernelLines?: (one: Finding, check: LogCheck) => readonly string[]
  /** Notes (severity info) are left out, only counted. */
  readonly hideInfo?: boolean
}

const LINES_SHOWN = 6

/** `trace check` for a terminal: findings with their lines, then what the reader has to know about the log. */
export const checkText = (check: LogCheck, options: CheckTextOptions = {}): string => {
  const { file, read, summary, findings } = check
  const events = Object.values(read.events).reduce((sum, n) => sum + n, 0)
  const { error, warning, info } = summary.bySeverity
  const head = `${bold(file)}: ${count(read.lines)} lines, ${count(events)} events`
  const totals = `${plural(error, 'error')}, ${plural(warning, 'warning')}, ${plural(info, 'note')}`
  const shown = findings.filter(({ severity }) => !(options.hideInfo === true && severity === 'info'))
  const kept = Object.values(summary.counts).reduce((sum, n) => sum + n, 0) - findings.length
  return [
    `${head}: ${totals}`,
    ...shown.flatMap((one) => renderFinding(one, check, options)),
    ...(kept > 0 ? [dim(`  and ${count(kept)} more of the same codes`)] : []),
    ...notes(check).map((note) => dim(`  ${note}`)),
    ...(summary.examined
      ? summary.notJudged.flatMap(({ lacks, codes }) =>
          foldList(`  not judged (${lacks}): `, codes).map((line) => dim(line)),
        )
      : []),
  ].join('\n')
}

const renderFinding = (one: Finding, check: LogCheck, { kernelLines }: CheckTextOptions): readonly string[] => {
  const lines = one.evidence ?? []
  const more = lines.length > LINES_SHOWN ? ` and ${lines.length - LINES_SHOWN} more` : ''
  const where = lines.length === 0 ? '' : dim(` (line ${lines.slice(0, LINES_SHOWN).join(', ')}${more})`)
  return [
    `  ${paintSeverity(one.severity, one.severity.padEnd(7))} ${one.code}: ${one.message}${where}`,
    ...(kernelLines?.(one, check) ?? []).map((text) => `          ${text}`),
  ]
}

/** What the reader of the report has to know about the log itself. */
const notes = (check: LogCheck): readonly string[] => {
  const { read, summary } = check
  const why = whyUnchecked(check)
  const unknown = Object.entries(read.unknown).slice(0, 5)
  return [
    ...(why === undefined ? [] : [why]),
    ...(read.gaps === 0 ? [] : [`incomplete: ${read.gaps} gaps, ${count(read.lost)} events lost`]),
    ...(summary.unknownRelease === undefined
      ? []
      : [
          `of kernel ${summary.unknownRelease}, whose dma-debug is not known: types and texts are those of ${summary.kernelText}`,
        ]),
    ...(summary.startsInTheMiddle ? ['begins while devices were in use'] : []),
    ...(summary.untracedFrees > 0
      ? [
          `${count(summary.untracedFrees)} coherent blocks were handed out again without a traced free: memory of a pool`,
        ]
      : []),
    ...(read.damagedCount > 0
      ? [
          `${count(read.damagedCount)} lines cannot be read; the first:`,
          ...read.damaged.slice(0, 3).map(({ line, text }) => `  line ${line}: ${text}`),
        ]
      : []),
    ...(read.unknownCount > 0
      ? [
          `${count(read.unknownCount)} lines of other events: ${unknown.map(([name, { count: n, line }]) => `${name} (${n}, first line ${line})`).join(', ')}`,
        ]
      : []),
  ]
}
