// What dma-debug checks when a driver unmaps or frees.
import {
  bytes,
  dirName,
  finding,
  hex,
  wideAnd,
  type CheckerContext,
  type Finding,
  type ReportFinding,
} from '@dmalab/api'
import { isMappingError, type DebugEntry, type EntryRef } from './entry.ts'
import { named, range } from './describe.ts'
import { DIALECTS, type PhysDigits } from './dialects.ts'
import { typeName, unmapTexts } from './texts.ts'
import type { Tracker } from './tracker.ts'

export interface UnmapExtra {
  /** Step or line of the event. */
  readonly at: number
  /** CPU address given to a free, as printed. */
  readonly virtAddr?: string
  /** Is dma_mapping_error() traced in this stream, so that its absence means something? */
  readonly checksTraced: boolean
  readonly physDigits: PhysDigits
}

/**
 * Compares an operation with its entry and reports every difference; the caller removes the entry.
 * `undefined` when there is none (the caller decides what that proves).
 *
 * Models: Linux v6.12 kernel/dma/debug.c: check_unmap
 */
export const checkUnmap = (
  tracker: Tracker,
  ref: EntryRef,
  extra: UnmapExtra,
  report: ReportFinding,
  context: CheckerContext,
): DebugEntry | undefined => {
  const entry = tracker.table.findExact(ref)
  if (entry === undefined) return undefined
  const dialect = DIALECTS[context.kernelText]
  const evidence = [entry.mapping.at, extra.at]
  const say = (code: Parameters<typeof finding>[0], message: string, text: string | undefined): void =>
    report(
      finding(code, `${ref.device}: ${named(entry.mapping)} ${message}`, {
        device: ref.device,
        evidence,
        ...(text === undefined ? {} : { kernelText: [text] }),
      }),
    )

  if (ref.size !== entry.size)
    say(
      'unmap-size',
      `was ${verb(ref)} with ${bytes(ref.size)} instead of ${bytes(entry.size)}`,
      unmapTexts.size(ref, entry),
    )
  if (ref.type !== entry.type)
    say(
      'unmap-function',
      `of type ${typeName(dialect, entry.type)} was ${verb(ref)} as ${typeName(dialect, ref.type)}`,
      unmapTexts.function(dialect, ref, entry),
    )
  else if (dialect.cpuAddressTypes.includes(ref.type)) {
    const allocated = entry.mapping.virtAddr
    if (differ(allocated, extra.virtAddr)) {
      const other = [...tracker.live(ref.device)].find(({ virtAddr }) => virtAddr === extra.virtAddr)
      const alloc = entry.mapping.physAddr
      const free = other?.physAddr
      say(
        'free-cpu-address',
        `was freed with CPU address ${extra.virtAddr} instead of ${allocated}`,
        alloc === undefined || free === undefined
          ? undefined
          : unmapTexts.cpuAddress(dialect, ref, alloc, free, extra.physDigits),
      )
    }
  }
  if (ref.sgCallEnts !== 0 && ref.type === 'sg' && ref.sgCallEnts !== entry.sgCallEnts)
    say(
      'unmap-sg-count',
      `was unmapped with ${ref.sgCallEnts} entries instead of ${entry.sgCallEnts}`,
      unmapTexts.sgCount(ref, entry),
    )
  if (ref.dir !== entry.dir)
    say(
      'unmap-direction',
      `was unmapped as ${dirName(ref.dir)} instead of ${dirName(entry.dir)}`,
      unmapTexts.direction(ref, entry),
    )
  if (extra.checksTraced && entry.mapErrorChecked === false && ref.type !== 'sg' && ref.type !== 'coherent')
    say('unchecked-mapping-error', 'was never checked with dma_mapping_error()', unmapTexts.unchecked(dialect, entry))
  const compared = (attrs: number): string => hex(wideAnd(attrs, dialect.comparedAttrs))
  if (compared(ref.attrs) !== compared(entry.attrs))
    say(
      'unmap-attributes',
      `was ${verb(ref)} with attributes ${compared(ref.attrs)} instead of ${compared(entry.attrs)}`,
      unmapTexts.attributes(ref, entry),
    )
  return entry
}

/** An unmap that meets no entry: the address of a failed mapping, one that was undone before, or one that was never mapped. */
export const unmapOfNothing = (tracker: Tracker, ref: EntryRef, at: number, unit: CheckerContext['unit']): Finding => {
  if (isMappingError(ref.dmaAddr))
    return finding(
      'unmap-error-cookie',
      `${ref.device}: the address of a failed mapping (${bytes(ref.size)}) was ${verb(ref)}`,
      {
        device: ref.device,
        evidence: [at],
        kernelText: [unmapTexts.errorCookie()],
      },
    )
  const before = tracker.undoneAt(ref.device, ref.dmaAddr)
  const touching = tracker.table.findTouching(ref.device, ref.dmaAddr, ref.size)
  const why =
    touching !== undefined
      ? `; ${named(touching.mapping)} of ${unit} ${touching.mapping.at} is live there`
      : before === undefined
        ? ''
        : `; ${named(before.mapping)} was undone at ${unit} ${before.at}`
  return finding(
    'unmap-not-mapped',
    `${ref.device}: ${range(ref.dmaAddr, ref.size)} was ${verb(ref)} but is not mapped${why}`,
    {
      device: ref.device,
      evidence: [...new Set([touching?.mapping.at ?? before?.mapping.at ?? at, before?.at ?? at, at])],
      kernelText: [unmapTexts.notMapped(ref)],
    },
  )
}

/** Kernels print `(____ptrval____)` until their pointer hash has a key. */
const differ = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && b !== undefined && a !== b && !a.includes('ptrval') && !b.includes('ptrval')

const verb = (ref: EntryRef): string => (ref.type === 'coherent' || ref.type === 'noncoherent' ? 'freed' : 'unmapped')
