// An ExploreReport for people: one paragraph a defect, then what was covered.
import { type Defect, type ExplainedCode, type ExploreReport, newDefects } from '@dmalab/api'
import { count } from '../numbers.ts'
import { bold, dim } from '../paint.ts'

export interface ExploreTextOptions {
  /** What a code means; undefined for one of a plug-in's rule. */
  readonly explain: (code: string) => ExplainedCode | undefined
  /** Ids of defects that a baseline has: they are told by name only. */
  readonly baseline: ReadonlySet<string>
  /** The command that repeats a defect; null where no file holds it. */
  readonly commandOf: (defect: Defect) => string | null
}

export const exploreText = (report: ExploreReport, options: ExploreTextOptions): string => {
  const fresh = newDefects(report).filter(({ id }) => !options.baseline.has(id))
  const inherited = report.defects.filter((defect) => defect.base?.same === true)
  const known = report.defects.filter((defect) => !fresh.includes(defect) && !inherited.includes(defect))
  return [
    `${bold(report.kernel)}, ${report.base === null ? 'as it is' : `beside ${report.base}`}, on ${report.board}`,
    ...devicesLines(report),
    '',
    ...fresh.flatMap((defect, i) => [...defectLines(defect, i + 1, options), '']),
    ...(inherited.length === 0 ? [] : [bold(`${report.base ?? ''} has these as well`), '']),
    ...inherited.flatMap((defect, i) => [...defectLines(defect, fresh.length + i + 1, options), '']),
    ...(known.length === 0 ? [] : [bold('the baseline has these')]),
    ...known.map(({ id, message }) => `  ${id}: ${message}`),
    ...(known.length === 0 ? [] : ['']),
    ...coverageLines(report),
    ...report.notes.map((note) => dim(note)),
    bold(
      report.base === null
        ? `${count(fresh.length)} defects${known.length === 0 ? '' : ` that the baseline does not have, ${count(known.length)} that it has`}`
        : `${count(fresh.length)} defects that ${report.base} does not have, ${count(inherited.length)} that it has`,
    ),
  ].join('\n')
}

const devicesLines = ({ devices }: ExploreReport): readonly string[] =>
  devices === null
    ? []
    : [
        `  exporter ${devices.exporters.join(' or ')}; importer ${devices.importers.join(' or ')}${devices.second === null ? '' : `; second importer ${devices.second}`}`,
      ]

const defectLines = (defect: Defect, number: number, options: ExploreTextOptions): readonly string[] => {
  const { configuration, scenario, symbols, hunks, base, ordinary } = defect
  const where = Object.entries(configuration).map(([axis, value]) => `${axis} ${value}`)
  const steps = scenario?.steps.filter((step) => step.do !== 'expect').map(stepText) ?? []
  const command = options.commandOf(defect)
  const explained = options.explain(defect.code)
  return [
    `${bold(`${number}. ${defect.code}`)}: ${explained?.title ?? defect.code}`,
    `   ${defect.message}`,
    ...(explained === undefined ? [] : [dim(`   ${explained.why}`)]),
    ...(symbols.length === 0 ? [] : [`   in ${symbols.join(' < ')}`]),
    ...hunks.map((hunk) => `   hunk: ${hunk.file}: ${hunk.symbol}: ${hunk.what}`),
    ...(where.length === 0 ? [] : [`   needs: ${where.join(', ')}`]),
    ...(steps.length === 0 ? [] : [`   steps: ${steps.join('; ')}`]),
    ...(base === null ? [] : [`   the base: ${base.outcome}`]),
    ...(ordinary === null ? [] : [`   with ordinary memory: ${ordinary.outcome}`]),
    ...(command === null ? [] : [dim(`   ${command}`)]),
  ]
}

const stepText = (step: object): string =>
  Object.entries(step)
    .filter(([key]) => key !== 'size' && key !== 'base')
    .map(([, value]) => (typeof value === 'object' ? JSON.stringify(value) : String(value)))
    .join(' ')

const coverageLines = ({ coverage, bound, seed }: ExploreReport): readonly string[] => {
  const { configurations, explored, states, transitions, exhausted, neverFailed, entered, notEntered } = coverage
  return [
    bold('covered'),
    `  ${count(explored)} of ${count(configurations)} configurations (${bound.configurations}), ${count(exhausted)} of them to the last state within ${bound.depth} steps`,
    ...(neverFailed === 0
      ? []
      : [`  in ${count(neverFailed)} of them the call that was to fail never came: they are what they are without it`]),
    `  ${count(states)} states, ${count(transitions)} transitions; at most ${count(bound.states)} states expanded a configuration, seed ${seed}`,
    `  the bound was ${explored === configurations ? 'reached' : `not reached: ${count(configurations - explored)} configurations are left`}`,
    `  operations entered: ${entered.join(', ')}`,
    ...(notEntered.length === 0 ? [] : [`  not entered: ${notEntered.join(', ')}`]),
  ]
}
