// One log through reader and checker: what `trace check` prints, whatever the format.
import { atLeast, type Finding } from '@dmalab/api'
import { createChecker, type CheckerOptions, type CheckSummary } from '@dmalab/checker'
import { readTrace, type OpenOptions, type ReadSummary } from '@dmalab/trace'

export interface LogCheck {
  /** As given on the command line; `-` is standard input. */
  readonly file: string
  readonly read: ReadSummary
  readonly summary: CheckSummary
  readonly findings: readonly Finding[]
}

/** @throws InputError when the file cannot be read */
export const checkLog = async (file: string, options: CheckerOptions & OpenOptions = {}): Promise<LogCheck> => {
  const checker = createChecker(options)
  const read = await readTrace(file, (event) => checker.onEvent(event), options)
  return { file, read, ...checker.finish() }
}

/** Did it find something that `trace check` answers with exit code 3? */
export const foundSomething = ({ summary }: LogCheck): boolean =>
  Object.entries(summary.bySeverity).some(
    ([severity, count]) => count > 0 && atLeast(severity as keyof CheckSummary['bySeverity'], 'warning'),
  )
