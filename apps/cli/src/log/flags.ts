// Arguments that the commands of the topic `trace` share.
import { InputError } from '@dmalab/api'
import { plural, shellCommand } from '@dmalab/report'
import { Args } from '@oclif/core'
import { IGNORE_STDIN, OR_STANDARD_INPUT } from '../files.ts'

export const fileArg = Args.string({
  required: true,
  ...IGNORE_STDIN,
  description: `An ftrace text (also of perf script, in a kernel log, quoted or wrapped), compressed, a trace.dat (needs trace-cmd), ${OR_STANDARD_INPUT}`,
})

/** How to get a log that has events, and what reads one that is a kernel log. */
export const recordEvents = (file: string): string =>
  [
    'events are recorded by: echo 1 > /sys/kernel/tracing/events/dma/enable (Linux 6.12 and later)',
    `a kernel log is read by: ${shellCommand(['dmalab', 'explain', '--dmesg', file])}`,
  ].join('\n')

/** A log that says nothing about DMA memory: what is said of it would be taken for an answer. */
export const noEvents = (file: string, lines: number): InputError =>
  new InputError(
    `nothing to read: no event of the DMA API or its users in ${plural(lines, 'line')}`,
    { file },
    recordEvents(file),
  )

/** @throws InputError for a pattern that is not valid */
export const markerPattern = (text: string): RegExp => {
  try {
    return new RegExp(text)
  } catch (error) {
    throw new InputError(
      `--unbind-marker is not a regular expression: ${error instanceof Error ? error.message : text}`,
    )
  }
}

/** `LOG=BOARD` pairs; names in logs hold colons and dots, never '='. @throws InputError */
export const standIns = (pairs: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const [log, board, more] = pair.split('=')
      if (!log || !board || more !== undefined)
        throw new InputError(`--device '${pair}' is not LOG=BOARD, such as 0000:00:03.0=codec`)
      return [log, board]
    }),
  )
