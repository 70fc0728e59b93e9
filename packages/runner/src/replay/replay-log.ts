// A whole log through a replay, whatever it is read from.
import type { Event, KernelSpec, ReplayReport } from '@dmalab/api'
import { createReader } from '@dmalab/trace'
import { asAsked, type ChosenKernel } from '../choose-kernel.ts'
import type { LabParts } from '../lab.ts'
import { standInSentences } from '../stand-in.ts'
import { TouchWatch } from '../touches.ts'
import { openReplay, type Replay, type ReplayRequest } from './replay.ts'

/** Reads a log to its end and hands over its events in order. */
export type ReadEvents = (onEvent: (event: Event) => void) => Promise<unknown>

/** Chooses a kernel by the release that a log names; undefined: it names none. */
export type KernelFromLog = (release: string | undefined) => {
  readonly chosen: ChosenKernel
  readonly notes: readonly string[]
}

export type LogReplayRequest = Omit<ReplayRequest, 'kernel'> & { readonly kernel: KernelSpec | KernelFromLog }

/**
 * Drives the operations of a log through the model.
 * @throws InputError when kernel and board do not fit, when no device of the log is one of the board, and as `read` and `kernel` do
 */
export const replayLog = async (
  parts: LabParts,
  request: LogReplayRequest,
  read: ReadEvents,
): Promise<ReplayReport> => {
  const { kernel } = request
  const choose: KernelFromLog = typeof kernel === 'function' ? kernel : () => ({ chosen: asAsked(kernel), notes: [] })
  const watch = new TouchWatch(request.machine)
  const onEvent = (event: Event): void => {
    watch.onEvent(event)
    request.onEvent?.(event)
  }
  let release: string | undefined
  let started: (ReturnType<KernelFromLog> & { readonly replay: Replay }) | undefined
  const start = () => {
    const taken = choose(release)
    return { ...taken, replay: openReplay(parts, { ...request, kernel: taken.chosen.kernel, onEvent }) }
  }
  await read((event) => {
    // A log names its kernel at the head, before anything that happens under it.
    if (started === undefined && event.event === 'kernel_release') release = event.release
    else if (started !== undefined || !AT_THE_HEAD.has(event.event)) {
      started ??= start()
      started.replay.onEvent(event)
    }
  })
  const { replay, chosen, notes } = started ?? start()
  const report = replay.finish()
  const touches = watch.finish(report.fault !== null, report.findings)
  return { ...report, notes: [...notes, ...standInSentences(chosen, touches).map((text) => `warning: ${text}`)] }
}

const AT_THE_HEAD: ReadonlySet<string> = new Set(['session', 'lost', 'marker'])

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
