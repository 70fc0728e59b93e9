// A report on differential records in words.
import type { Difference, RecordsReport } from './conform-records.ts'
import type { Observation } from './language.ts'

/** The line for one file. */
export const recordsSummary = (report: RecordsReport): string => {
  const { programs, agreeing, cases, passed, failed, skipped } = report
  const run = programs - report.notRun.reduce((sum, one) => sum + one.programs, 0)
  return [
    `${report.kernels.join(', ')}: ${passed} of ${cases} steps agree, ${failed} differ, ${skipped} not run`,
    `${agreeing} of ${run} programs agree to their end`,
  ].join('; ')
}

/** Why something was not run, then the first `show` differing steps, with both answers. */
export const recordsDetails = (report: RecordsReport, show: number): string[] => [
  ...report.notRun.map(({ kernel, programs, why }) => `  not run: ${programs} program(s) of ${kernel}: ${why}`),
  ...report.differences.slice(0, show).flatMap(differenceLines),
  ...(report.differences.length > show && show > 0
    ? [`  and ${report.differences.length - show} more (--show N for more of them)`]
    : []),
]

const differenceLines = ({ id, step, what, recorded, got, oops }: Difference): string[] => [
  `  program ${id}${step === null ? '' : `, step ${step}`}: ${what}`,
  `    recorded: ${recorded ?? CRASHED}`,
  `    model:    ${got ?? stopped(oops)}`,
]

/** One step of a program, and both answers where they are not the same text. */
export const stepLines = ({ what, recorded, got, oops, agrees }: Observation): string[] => {
  const answers = [recorded ?? CRASHED, got ?? stopped(oops)]
  const [real, mine] = answers
  return [
    `${agrees ? ' ' : '!'} ${what}`,
    ...(real === mine ? [`      ${real}`] : [`      recorded: ${real}`, `      model:    ${mine}`]),
  ]
}

const CRASHED = 'the kernel crashed'
const stopped = (oops: string | undefined): string =>
  `the modelled kernel stopped${oops === undefined ? '' : `: ${oops}`}`
