// What dma-debug checks when a driver syncs.
import {
  bytes,
  dirName,
  DIR,
  finding,
  type CheckerContext,
  type Finding,
  type FindingCode,
  type ReportFinding,
} from '@dmalab/api'
import { named, range } from './describe.ts'
import { DIALECTS } from './dialects.ts'
import type { DebugEntry, EntryRef } from './entry.ts'
import { syncTexts } from './texts.ts'
import type { Tracker } from './tracker.ts'

/**
 * Compares a sync with the entry that covers it. `undefined` when none does (the caller decides what that proves).
 *
 * Models: Linux v6.12 kernel/dma/debug.c: check_sync
 */
export const checkSync = (
  tracker: Tracker,
  ref: EntryRef,
  toCpu: boolean,
  at: number,
  report: ReportFinding,
  context: CheckerContext,
): DebugEntry | undefined => {
  const maxSegment = context.session?.devices.find(({ name }) => name === ref.device)?.maxSegmentSize
  const entry = tracker.table.findContaining(ref, DIALECTS[context.kernelText], maxSegment)
  if (entry === undefined) return undefined
  const say = (code: FindingCode, message: string, text: string): void =>
    report(
      finding(code, `${ref.device}: ${named(entry.mapping)} ${message}`, {
        device: ref.device,
        evidence: [entry.mapping.at, at],
        kernelText: [text],
      }),
    )

  if (ref.size > entry.size)
    say('sync-outside-range', `was synced for ${bytes(ref.size)}`, syncTexts.outside(ref, entry))
  if (entry.dir === DIR.BIDIRECTIONAL) return entry
  if (ref.dir !== entry.dir) say('sync-direction', `was synced as ${dirName(ref.dir)}`, syncTexts.direction(ref, entry))
  if (toCpu && entry.dir !== DIR.FROM_DEVICE && ref.dir !== DIR.TO_DEVICE)
    say('sync-cpu-read-only', 'was synced for the CPU, but the device never writes it', syncTexts.readOnly(ref, entry))
  if (!toCpu && entry.dir !== DIR.TO_DEVICE && ref.dir !== DIR.FROM_DEVICE)
    say(
      'sync-device-write-only',
      'was synced for the device, but the device never reads it',
      syncTexts.writeOnly(ref, entry),
    )
  if (ref.sgCallEnts !== 0 && ref.type === 'sg' && ref.sgCallEnts !== entry.sgCallEnts)
    say(
      'sync-sg-count',
      `was synced with ${ref.sgCallEnts} entries instead of ${entry.sgCallEnts}`,
      syncTexts.sgCount(ref, entry),
    )
  return entry
}

/** A sync that no entry covers: after the unmap, or running over the end of a mapping that it begins in. */
export const syncOfNothing = (tracker: Tracker, ref: EntryRef, at: number, unit: CheckerContext['unit']): Finding => {
  const touching = tracker.table.findTouching(ref.device, ref.dmaAddr, ref.size)
  const before = tracker.undoneAt(ref.device, ref.dmaAddr)
  const why =
    touching !== undefined
      ? `; it runs over ${named(touching.mapping)}`
      : before === undefined
        ? ''
        : `; ${named(before.mapping)} was undone at ${unit} ${before.at}`
  const mapped = touching?.mapping.at ?? before?.mapping.at
  return finding(
    'sync-not-mapped',
    `${ref.device}: ${range(ref.dmaAddr, ref.size)} was synced but no mapping covers it${why}`,
    {
      device: ref.device,
      evidence: mapped === undefined ? [at] : [mapped, at],
      kernelText: [syncTexts.notMapped(ref)],
    },
  )
}
