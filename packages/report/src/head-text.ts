// What was run on what: the first lines of every text report.
import { ASSUME_WORDS, type AssumeWord, type Assumption, type RunReport, type RunSpec } from '@dmalab/api'
import { commandOf } from './command.ts'
import { COLUMNS, foldText } from './fold.ts'
import { dim } from './paint.ts'

/** The first part of `runText` and `compareText`, which can be printed before there are results. */
export const headText = (report: Omit<RunReport, 'runs'>, columns: number = COLUMNS): string => {
  const { frames, width, height, format, seed } = report.options
  const bound = report.bindings.map(({ element, device, by }) => `${element} = ${device} ${dim(`(${by})`)}`)
  const lines = [
    report.scenario,
    `board ${report.board}; ${frames > 0 ? `${frames} ${frames === 1 ? 'frame' : 'frames'} of ${width}x${height} ${format}; ` : ''}seed ${seed}; ${report.source}`,
    ...(bound.length > 0 ? [`bound: ${bound.join(', ')}`] : []),
    ...report.notes,
    ...assumed(report.assumptions),
    ...report.ignored.map(({ what, why }) => `ignored: ${what} ${dim(`(${why})`)}`),
    ...report.notExamined.map((what) => dim(`not examined: ${what}`)),
  ]
  return foldText(lines.join('\n'), columns)
}

/** A line a kind: `assumed mask: ...; ...`. */
const assumed = (assumptions: readonly Assumption[]): readonly string[] => {
  const kinds = [...new Set(assumptions.map(({ kind }) => kind))]
  return kinds.map((kind) => {
    const whats = assumptions.flatMap((one) => (one.kind === kind ? [one.what] : []))
    return `assumed ${kind}: ${whats.join('; ')}`
  })
}

/** What an unknown verdict waits for: each assumption that decides, and how to state it. */
export const decidingLines = (assumptions: readonly Assumption[], spec?: RunSpec): readonly string[] => {
  const words = ASSUME_WORDS.filter((word) => assumptions.some(({ kind }) => kind === word))
  const flags = words.map((word) => `--assume ${word}`).join(' ')
  return [
    ...assumptions.map(({ what, howToState }) => `decided by an assumption: ${what}; state it by ${howToState}`),
    `or accept what is assumed: ${spec === undefined ? flags : acceptCommand(spec, words)}`,
  ]
}

const acceptCommand = (spec: RunSpec, words: readonly AssumeWord[]): string => {
  const assume = ASSUME_WORDS.filter((word) => words.includes(word) || spec.options.assume.includes(word))
  return commandOf({ ...spec, options: { ...spec.options, assume } }, { files: true })
}
