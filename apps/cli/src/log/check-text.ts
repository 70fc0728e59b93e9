// `trace check` for a terminal.
import type { Finding } from '@dmalab/api'
import { framedKernelText } from '@dmalab/checker'
import { count, paintSeverity } from '@dmalab/report'
import { bold, dim } from 'ansis'
import type { LogCheck } from './check-log.ts'

export interface TextOptions {
  /** Show what dma-debug would print. */
  readonly kernelText: boolean
  /** Findings of this severity are left out, only counted. */
  readonly hideInfo: boolean
}

const LINES_SHOWN = 6

export const renderCheck = (check: LogCheck, options: TextOptions): string => {
  const { file, read, summary, findings } = check
  const events = Object.values(read.events).reduce((sum, n) => sum + n, 0)
  const { error, warning, info } = summary.bySeverity
  const head = `${bold(file)}: ${count(read.lines)} lines, ${count(events)} events`
  const totals = `${plural(error, 'error')}, ${plural(warning, 'warning')}, ${plural(info, 'note')}`
  const shown = findings.filter(({ severity }) => !(options.hideInfo && severity === 'info'))
  const kept = Object.values(summary.counts).reduce((sum, n) => sum + n, 0) - findings.length
  return [
    `${head}: ${totals}`,
    ...shown.flatMap((one) => renderFinding(one, check, options)),
    ...(kept > 0 ? [dim(`  and ${count(kept)} more of the same codes`)] : []),
    ...notes(check).map((note) => dim(`  ${note}`)),
  ].join('\n')
}

const renderFinding = (one: Finding, { summary, drivers }: LogCheck, options: TextOptions): readonly string[] => {
  const lines = one.evidence ?? []
  const more = lines.length > LINES_SHOWN ? ` and ${lines.length - LINES_SHOWN} more` : ''
  const where = lines.length === 0 ? '' : dim(` (line ${lines.slice(0, LINES_SHOWN).join(', ')}${more})`)
  const texts = options.kernelText ? (one.kernelText ?? []) : []
  return [
    `  ${paintSeverity(one.severity, one.severity.padEnd(7))} ${one.code}: ${one.message}${where}`,
    ...texts.map(
      (text) => `          ${framedKernelText(summary.kernelText, one.device ?? '?', text, drivers[one.device ?? ''])}`,
    ),
  ]
}

/** What the reader of the report has to know about the log itself. */
const notes = ({ read, summary }: LogCheck): readonly string[] => {
  const unknown = Object.entries(read.unknown).slice(0, 5)
  return [
    ...(read.lines > 0 && Object.keys(read.events).length === 0
      ? ['no event of the DMA API or its users in this file: is it ftrace text? Nothing was checked']
      : []),
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

const plural = (n: number, word: string): string => `${count(n)} ${word}${n === 1 ? '' : 's'}`
