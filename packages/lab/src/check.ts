// One log through reader and checker.
import {
  atLeast,
  type BareListener,
  type CheckSummary,
  type Event,
  type Finding,
  type LogCheck,
  type ReadSummary,
  ownValue,
} from '@dmalab/api'
import { createChecker, type CheckerOptions, framedKernelText } from '@dmalab/checker'
import { createReader } from '@dmalab/trace'

/** Reads a log to its end and hands over its events in order. */
export type ReadEvents = (onEvent: (event: Event) => void) => Promise<ReadSummary>

/** As ReadEvents: to `onEvent`, or in short to `bare` what that takes. */
export type ReadLog = (onEvent: (event: Event) => void, bare: BareListener) => Promise<ReadSummary>

/** @throws InputError as `read` does */
export const checkLog = async (file: string, read: ReadLog, options: CheckerOptions = {}): Promise<LogCheck> => {
  const checker = createChecker(options)
  const drivers = new Map<string, string>()
  const summary = await read((event) => {
    checker.onEvent(event)
    if (event.event === 'session')
      for (const { name, driver } of event.devices) if (driver !== undefined) drivers.set(name, driver)
  }, checker)
  return { file, read: summary, ...checker.finish(), drivers: Object.fromEntries(drivers) }
}

/** Did it find something of severity warning or error? */
export const foundSomething = ({ summary }: LogCheck): boolean =>
  Object.entries(summary.bySeverity).some(
    ([severity, count]) => count > 0 && atLeast(severity as keyof CheckSummary['bySeverity'], 'warning'),
  )

/**
 * Checks a log that is a text. `file` is only named in the answer.
 * A line that cannot be read is counted, never an error.
 */
export const check = async (text: string, file = 'log', options: CheckerOptions = {}): Promise<LogCheck> =>
  checkLog(
    file,
    async (onEvent, bare) => {
      const reader = createReader({ onEvent, bare })
      reader.push(new TextEncoder().encode(text))
      return reader.end()
    },
    options,
  )

/** The lines that dma-debug would print for a finding, in the words of the release. */
export const kernelLines = (
  { device = '?', kernelText = [] }: Finding,
  { summary, drivers }: LogCheck,
): readonly string[] =>
  kernelText.map((text) => framedKernelText(summary.kernelText, device, text, ownValue(drivers, device)))
