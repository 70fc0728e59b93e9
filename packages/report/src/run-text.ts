// A RunReport in full: every step of every kernel, the console text of a fault, all findings.
import type { ElementReport, Finding, KernelRun, RunReport, RunSpec } from '@dmalab/api'
import { COLUMNS, foldText } from './fold.ts'
import { decidingLines, headText } from './head-text.ts'
import { count } from './numbers.ts'
import { bold, paint, paintSeverity } from './paint.ts'
import { standInLines } from './record-text.ts'

export interface RunTextOptions {
  /** What was asked for: suggestions are whole commands then. */
  readonly spec?: RunSpec
  /** Columns of the terminal. */
  readonly columns?: number
}

export const runText = (report: RunReport, options: RunTextOptions = {}): string =>
  [headText(report, options.columns), runResultText(report, options)].join('\n')

/** What follows the head. */
export const runResultText = ({ runs }: RunReport, { spec, columns = COLUMNS }: RunTextOptions = {}): string =>
  foldText(runs.flatMap((run) => ['', ...kernelText(run, spec)]).join('\n'), columns)

const kernelText = (run: KernelRun, spec: RunSpec | undefined): string[] => {
  const width = Math.max(...run.steps.map((row) => row.step.length))
  const { wanted, delivered, intact } = run.frames
  const lines = [
    bold(run.standsFor === undefined ? run.kernel : `${run.kernel}, for ${run.standsFor.kernel}`),
    ...run.steps.map((row) =>
      `  ${row.step.padEnd(width)}  ${paint(row.outcome, row.outcome.padEnd(11))}  ${row.detail}`.trimEnd(),
    ),
  ]
  if (run.oops !== null) lines.push('', ...run.oops.text.map((text) => `    ${text}`))
  lines.push('', ...run.elements.map((one) => `  ${one.element}: ${elementText(one, delivered > 0)}`))
  const { lines: done, writtenBack, skippedEntries, skippedLines } = run.cache
  lines.push(
    `  cache lines: ${count(done)} operations, ${count(writtenBack)} written back${skippedEntries > 0 ? `; ${count(skippedEntries)} tagged entries saved ${count(skippedLines)}` : ''}`,
  )
  for (const { what, device, nth, calls } of run.injections ?? [])
    if (calls < nth)
      lines.push(
        `  not injected: call ${nth} of ${what}${device === undefined ? '' : ` for ${device}`} never came; there were ${calls}`,
      )
  lines.push(...findingLines(run.findings))
  lines.push(
    `  ${bold('verdict')}: ${paint(run.verdict)}${run.assuming === null ? '' : ` (${run.assuming}, if the assumptions hold)`}${wanted > 0 ? `, ${delivered} of ${wanted} frames delivered, ${intact} intact${copiesText(run)}` : ''}`,
  )
  if (run.assuming !== null) lines.push(...decidingLines(run.assumptions, spec).map((line) => `  ${line}`))
  for (const { expected, got, met } of run.expectations ?? [])
    lines.push(
      `  ${met ? paint('ok', 'as expected') : paint('wrong', 'NOT as expected')}: ${expected}${met ? '' : `, got ${got}`}`,
    )
  lines.push(...standInLines(run).map((line) => `  ${line}`))
  if (run.step !== null) {
    // Where the row of the step has the reason, it stands there.
    const isTold =
      run.why === null || run.steps.some(({ step, detail }) => step === run.step && detail.includes(run.why ?? ''))
    const why = isTold ? '' : ` (${run.why})`
    lines.push(`  ended at: ${run.step}${run.errno === null ? '' : ` with ${run.errno}`}${why}`)
  }
  return lines
}

/** What the CPU copied is known when a picture has arrived. */
const elementText = ({ buffers, mode, cpuBytesPerFrame }: ElementReport, isKnown: boolean): string =>
  [
    ...(buffers > 0 ? [`${buffers} buffers`] : []),
    mode,
    ...(isKnown ? [`${count(cpuBytesPerFrame)} bytes copied by the CPU a frame`] : []),
  ].join(', ')

/** Zero-copy or not, for a run that came to its end. */
const copiesText = ({ step, zeroCopy, elements }: KernelRun): string => {
  if (step !== null) return ''
  if (zeroCopy) return ', zero-copy'
  const isCopied = elements.some(({ cpuBytesPerFrame }) => cpuBytesPerFrame > 0)
  if (isCopied) return ', with copies by the CPU'
  return elements.some(({ mode }) => mode === 'CPU') ? ', worked on by the CPU' : ', with copies that are not known'
}

/** Findings of one code shown before the rest is counted. */
const SHOWN = 4

const findingLines = (findings: readonly Finding[]): string[] => {
  const seen = new Map<string, number>()
  const lines: string[] = []
  for (const { code, severity, message } of findings) {
    const before = seen.get(code) ?? 0
    seen.set(code, before + 1)
    if (before < SHOWN) lines.push(`  ${paintSeverity(severity)} ${code}: ${message}`)
  }
  const more = [...seen].filter(([, n]) => n > SHOWN).map(([code, n]) => `${count(n - SHOWN)} more ${code}`)
  return more.length === 0 ? lines : [...lines, `  and ${more.join(', ')} (--json has all)`]
}
