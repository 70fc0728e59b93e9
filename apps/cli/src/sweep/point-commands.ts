// The command that shows a point of a sweep in full.
import { SWEEP_WORDS, type SweepPoint, type SweepReport } from '@dmalab/api'
import type { SweepPlan } from '@dmalab/lab'
import { commandOf, shellCommand, sweepCauses } from '@dmalab/report'

/** Flags of a sweep that say how it is run and shown, not what its points are; each takes a value. */
const HOW = [
  'journal',
  'join',
  'workers',
  'point-time',
  'point-memory',
  'queue',
  'report',
  'html',
  'baseline',
  'fail-on',
  'shard',
]

/** The first point of each cause. */
export const firstOfCauses = async (plan: SweepPlan, report: SweepReport): Promise<readonly SweepPoint[]> => {
  const wanted = new Set(sweepCauses(report).map(({ id }) => id))
  const found: SweepPoint[] = []
  if (wanted.size > 0) for await (const point of plan.points()) if (wanted.has(point.id)) found.push(point)
  return found
}

/** By id of one of the points. `argv`: the words of the sweep. */
export const pointCommands = (points: readonly SweepPoint[], argv: readonly string[]): ((id: string) => string) => {
  const commands = new Map(points.map((point) => [point.id, commandFor(point, argv)]))
  return (id) => commands.get(id) ?? ''
}

/** `dmalab run`, or the sweep with --why where no flags can say the point. */
const commandFor = ({ id, at, spec }: SweepPoint, argv: readonly string[]): string => {
  const lines = at.work === SWEEP_WORDS.founding && 'line' in spec.work ? { [at.work]: spec.work.line } : {}
  const command = commandOf(spec, { files: true, file: NO_FILE, lines })
  return command.includes(shellCommand([NO_FILE]))
    ? shellCommand(['dmalab', 'sweep', ...whatOf(argv), '--why', id])
    : command
}

/** A file name that no spec has. */
const NO_FILE = '<spec>'

const whatOf = (argv: readonly string[]): readonly string[] => {
  const isHow = (word: string | undefined): boolean => HOW.some((flag) => word === `--${flag}`)
  return argv.filter(
    (word, i) =>
      word !== '--json' &&
      word !== '--open' &&
      !isHow(word) &&
      !isHow(argv[i - 1]) &&
      !HOW.some((flag) => word.startsWith(`--${flag}=`)),
  )
}
