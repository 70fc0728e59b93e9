// One log through reader and checker: what `trace check` prints, whatever the format.
import { atLeast, type Event, type Finding } from '@dmalab/api'
import { createChecker, type CheckerOptions, type CheckSummary } from '@dmalab/checker'
import { readTrace, type OpenOptions, type ReadSummary } from '@dmalab/trace'

export interface LogCheck {
  /** As given on the command line; `-` is standard input. */
  readonly file: string
  readonly read: ReadSummary
  readonly summary: CheckSummary
  readonly findings: readonly Finding[]
  /** Names of drivers by device, where the log has them: one that a run wrote does. */
  readonly drivers: Readonly<Record<string, string>>
}

/** @throws InputError when the file cannot be read */
export const checkLog = async (file: string, options: CheckerOptions & OpenOptions = {}): Promise<LogCheck> => {
  const checker = createChecker(options)
  const drivers: Record<string, string> = {}
  const onEvent = (event: Event): void => {
    checker.onEvent(event)
    if (event.event === 'session')
      for (const { name, driver } of event.devices) if (driver !== undefined) drivers[name] = driver
  }
  const read = await readTrace(file, onEvent, options)
  return { file, read, ...checker.finish(), drivers }
}

/** Did it find something that `trace check` answers with exit code 3? */
export const foundSomething = ({ summary }: LogCheck): boolean =>
  Object.entries(summary.bySeverity).some(
    ([severity, count]) => count > 0 && atLeast(severity as keyof CheckSummary['bySeverity'], 'warning'),
  )
