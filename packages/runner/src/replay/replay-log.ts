// A whole log through a replay, whatever it is read from.
import type { Event, ReplayReport } from '@dmalab/api'
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
