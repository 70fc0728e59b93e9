// A whole log through a replay, whatever it is read from.
import type { Event, ReplayReport } from '@dmalab/api'
import { createReader } from '@dmalab/trace'
import type { LabParts } from '../lab.ts'
import { openReplay, type ReplayRequest } from './replay.ts'

/** Reads a log to its end and hands over its events in order. */
export type ReadEvents = (onEvent: (event: Event) => void) => Promise<unknown>

/**
 * Drives the operations of a log through the model.
 * @throws InputError when kernel and board do not fit, when no device of the log is one of the board, and as `read` does
 */
export const replayLog = async (parts: LabParts, request: ReplayRequest, read: ReadEvents): Promise<ReplayReport> => {
  const replay = openReplay(parts, request)
  await read((event) => replay.onEvent(event))
  return replay.finish()
}

/** Bytes that are read between two looks at the signal. */
const CHUNK = 2 ** 18

/** The events of a log that is a text. `pause` is awaited now and then, and may throw to end it. */
export const eventsOf =
  (text: string, pause: () => Promise<void>): ReadEvents =>
  async (onEvent) => {
    const bytes = new TextEncoder().encode(text)
    const reader = createReader({ onEvent })
    for (let at = 0; at < bytes.length; at += CHUNK) {
      reader.push(bytes.subarray(at, at + CHUNK))
      await pause()
    }
    return reader.end()
  }
