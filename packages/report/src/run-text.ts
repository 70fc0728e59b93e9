// A RunReport in full: every step of every kernel, the console text of a fault, all findings.
import type { KernelRun, RunReport } from '@dmalab/api'
import { headText } from './head-text.ts'
import { count } from './numbers.ts'
import { bold, paint, paintSeverity } from './paint.ts'

export const runText = (report: RunReport): string =>
  [headText(report), ...report.runs.flatMap((run) => ['', ...kernelText(run)])].join('\n')

const kernelText = (run: KernelRun): string[] => {
  const width = Math.max(...run.steps.map((row) => row.step.length))
  const { wanted, delivered, intact } = run.frames
  const lines = [
    bold(run.kernel),
    ...run.steps.map((row) =>
      `  ${row.step.padEnd(width)}  ${paint(row.outcome, row.outcome.padEnd(11))}  ${row.detail}`.trimEnd(),
    ),
  ]
  if (run.oops !== null) lines.push('', ...run.oops.text.map((text) => `    ${text}`))
  lines.push(
    '',
    ...run.elements.map(
      (e) =>
        `  ${e.element}: ${e.buffers} buffers, ${e.mode}, ${count(e.cpuBytesPerFrame)} bytes copied by the CPU a frame`,
    ),
  )
  const { lines: done, writtenBack, skippedEntries, skippedLines } = run.cache
  lines.push(
    `  cache lines: ${count(done)} operations, ${count(writtenBack)} written back; ${count(skippedEntries)} tagged entries saved ${count(skippedLines)}`,
  )
  lines.push(...run.findings.map((f) => `  ${paintSeverity(f.severity)} ${f.code}: ${f.message}`))
  lines.push(
    `  ${bold('verdict')}: ${paint(run.verdict)}${wanted > 0 ? `, ${delivered} of ${wanted} frames delivered, ${intact} intact` : ''}`,
  )
  for (const { expected, got, met } of run.expectations ?? [])
    lines.push(
      `  ${met ? paint('ok', 'as expected') : paint('wrong', 'NOT as expected')}: ${expected}${met ? '' : `, got ${got}`}`,
    )
  if (run.step !== null)
    lines.push(
      `  ended at: ${run.step}${run.errno === null ? '' : ` with ${run.errno}`}${run.why === null ? '' : ` (${run.why})`}`,
    )
  return lines
}
