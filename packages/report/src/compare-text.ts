// A RunReport side by side: one column a kernel, one row a step, the verdict last; below it, why each ended as it did.
import type { KernelDifference, KernelRun, RunReport, RunSpec, StepReport } from '@dmalab/api'
import { COLUMNS, foldText } from './fold.ts'
import { decidingLines, headText } from './head-text.ts'
import { bold, dim, paint } from './paint.ts'
import { recordLines, standInLines } from './record-text.ts'
import type { RunTextOptions } from './run-text.ts'
import { table } from './table.ts'
import { count } from './numbers.ts'

export const compareText = (report: RunReport, options: RunTextOptions = {}): string =>
  [headText(report, options.columns), compareResultText(report, options)].join('\n')

/** What follows the head. */
export const compareResultText = (report: RunReport, { spec, columns = COLUMNS }: RunTextOptions = {}): string => {
  const { runs } = report
  const names = columnNames(runs.map((run) => run.standsFor?.kernel ?? run.kernel))
  const rows = (runs[0]?.steps ?? []).map((row, i) => [row.step, ...runs.map((run) => cell(run.steps[i]))])
  const last = [bold('verdict'), ...runs.map((run) => paint(run.verdict, verdictCell(run)))]
  const drawn = table(['step', ...names.map((name) => bold(name))], [...rows, last], columns)
  const why = [...runs.flatMap((run) => whyText(run, spec)), ...(report.differences ?? []).flatMap(differenceText)]
  return foldText(['', drawn, '', ...why].join('\n'), columns)
}

/** Long kernel names break at the patches, so that columns stay narrow. */
const columnNames = (kernels: readonly string[]): string[] => kernels.map((kernel) => kernel.replaceAll('+', '\n+'))

const cell = (step: StepReport | undefined): string => {
  if (step === undefined) return ''
  if (step.outcome === 'not reached') return paint('not reached', '-')
  if (step.outcome === 'ok') return paint('ok')
  if (step.outcome === 'refused') return paint('refused', step.detail.split(':')[0] ?? 'refused')
  if (step.outcome === 'wrong') return paint('wrong', step.detail)
  return paint(step.outcome, step.outcome.toUpperCase())
}

const verdictCell = (run: KernelRun): string => {
  const { delivered, wanted, intact } = run.frames
  if (run.verdict === 'works') return `works\n${intact}/${wanted} frames intact`
  if (run.verdict === 'corrupt') return `corrupt\n${intact}/${delivered} frames intact`
  return run.assuming === null ? run.verdict : `unknown\n(${run.assuming}, if assumed)`
}

/** One or two lines a kernel: what decided the verdict. */
const whyText = (run: KernelRun, spec: RunSpec | undefined): string[] => {
  const lines: string[] = [`${bold(run.kernel)}: ${sentence(run)}`]
  if (run.oops !== null) lines.push(dim(`    ${path(run.oops.callPath)}`))
  if (run.assuming !== null) lines.push(...decidingLines(run.assumptions, spec).map((line) => `    ${line}`))
  const other = run.findings.filter((f) => f.code !== 'kernel-oops' && f.severity !== 'info')
  for (const finding of other.slice(0, 2))
    lines.push(`    ${paint(finding.severity === 'error' ? 'fault' : 'refused', finding.code)} ${finding.message}`)
  if (other.length > 2) lines.push(dim(`    and ${other.length - 2} more findings (--json has all)`))
  lines.push(...standInLines(run).map((line) => `    ${line}`))
  return lines
}

/** What made two columns differ; nothing where neither a record nor a patch tells it. */
const differenceText = ({ from, to, records, patches }: KernelDifference): readonly string[] => {
  if (records.length === 0) return []
  const beside = patches.length === 0 ? '' : `, beside ${patches.map((name) => `+${name}`).join(', ')}`
  return [
    `${bold(`${from} -> ${to}`)}: what changed between them that this case meets${beside}`,
    ...recordLines(records),
  ]
}

const sentence = (run: KernelRun): string => {
  if (run.oops !== null) return `${run.oops.text[0] ?? run.oops.reason}, in ${run.oops.function}`
  if ((run.assuming ?? run.verdict) === 'refused')
    return `${run.step ?? ''} fails with ${run.errno ?? 'an error'}: ${run.why ?? ''}`
  const { lines, skippedLines } = run.cache
  const isCopied = run.elements.some(({ cpuBytesPerFrame }) => cpuBytesPerFrame > 0)
  const copied = run.zeroCopy
    ? 'no byte of a frame copied by the CPU'
    : isCopied
      ? 'the CPU copied frames'
      : run.elements.some(({ mode }) => mode === 'CPU')
        ? 'the CPU worked on frames'
        : 'what was copied is not known'
  const saved =
    skippedLines > 0
      ? `${count(skippedLines)} cache-line operations saved by tagged entries`
      : `${count(lines)} cache-line operations`
  return `${run.verdict}; ${copied}; ${saved}`
}

/** Innermost first, shortened in the middle. */
const path = (symbols: readonly string[]): string => {
  const shown = symbols.length > 7 ? [...symbols.slice(0, 6), '...', ...symbols.slice(-1)] : symbols
  return shown.join(' < ')
}
