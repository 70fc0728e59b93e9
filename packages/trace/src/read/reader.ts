// Streaming reader of ftrace text: chunks of bytes in, events out, constant memory. Lines are found and rejected on bytes; only what
// the checks understand is decoded. A line that cannot be read is counted and shown, never a failure.
import type { BareListener, Event, EventBase, EventBody, LineNote, ReadSummary } from '@dmalab/api'
import { decodeText, EVENT_NAMES } from './decode.ts'
import { decodeFields, isFields } from './fields.ts'
import { createLabMarkers } from './lab-marker.ts'
import { latin1, type TextOf } from './latin1.ts'
import { QuickLines } from './quick-line.ts'
import { findName, hashOf, newPlace, splitHead, splitOtherForms, type Frame } from './frame.ts'

export interface ReaderOptions {
  readonly onEvent: (event: Event) => void
  /** Who also listens by onEvent, and may take the commonest events without an object being made for them. */
  readonly bare?: BareListener | undefined
  /** Damaged lines and unknown event names kept with their line numbers. */
  readonly keep?: number
  /** How bytes become text, one character a byte: where the platform has something faster than what runs everywhere. */
  readonly textOf?: TextOf
}

export interface Reader {
  push(chunk: Uint8Array): void
  end(): ReadSummary
}

/** A line longer than this is not a trace line: it is dropped as damaged, so that memory stays bounded. */
const MAX_LINE = 2 ** 20
/** The kernel's buffer of one line holds 8 KiB. Only markers of our own writer are longer. */
const MAX_EVENT = 2 ** 14
/** Frames, headers and annotations end before this column: more of a line is not searched for them. */
const MAX_FRAME = 512
const KEEP = 8
const NOTE_LENGTH = 160
const NEWLINE = 10
const CARRIAGE_RETURN = 13
const HASH = 35

export const createReader = (options: ReaderOptions): Reader => {
  const keep = options.keep ?? KEEP
  const textOf = options.textOf ?? latin1
  const known = new Map(EVENT_NAMES.map((name) => [hashOf(name), { name, count: 0 }]))
  const unknown = new Map<number, { name: string; count: number; line: number }>()
  const damaged: LineNote[] = []
  const place = newPlace()
  const markers = createLabMarkers()
  const quick = options.bare === undefined ? undefined : new QuickLines(options.bare, textOf)
  let damagedCount = 0
  let unknownCount = 0
  let stackLines = 0
  let lost = 0
  let gaps = 0
  let line = 0
  let bytes = 0
  let entries: ReadSummary['entries']
  let carry: Uint8Array | undefined
  let skipping = false

  const emit = (body: EventBody, frame: Omit<Frame, 'event' | 'body'> | undefined): void =>
    deliver(frame === undefined ? { ...body, at: line } : { at: line, ...frameOf(frame), ...body })

  const deliver = (event: Event): void => {
    const own = event.event === 'marker' ? markers.marker(event) : markers.complete(event)
    if (own !== undefined) options.onEvent(own)
  }

  const damage = (text: string): void => {
    damagedCount += 1
    if (damaged.length < keep) damaged.push({ line, text: printable(text.slice(0, NOTE_LENGTH)) })
  }

  const gap = (count: number | undefined): void => {
    gaps += 1
    lost += count ?? 0
    emit({ event: 'lost', count }, undefined)
  }

  /** A line of a known event whose body cannot be read: the checks must not trust what they remember. */
  const damagedEvent = (text: string): void => {
    damage(text)
    gap(1)
  }

  const note = (hash: number, name: string): void => {
    unknownCount += 1
    const before = unknown.get(hash)
    if (before !== undefined) before.count += 1
    else if (unknown.size < keep * 8) unknown.set(hash, { name, count: 1, line })
  }

  const wanted = (entry: { name: string; count: number }, frame: Omit<Frame, 'event' | 'body'>, body: string): void => {
    const long = body.length > MAX_EVENT && entry.name !== 'tracing_mark_write'
    const event = long ? undefined : isFields(body) ? decodeFields(entry.name, body) : decodeText(entry.name, body)
    if (event === undefined || !sound(event)) return damagedEvent(`${entry.name}: ${body}`)
    entry.count += 1
    emit(event, frame)
  }

  const kernelNamed = (match: RegExpExecArray | null): boolean => {
    const release = match?.[1]
    if (release !== undefined) deliver({ event: 'kernel_release', release, at: line })
    return release !== undefined
  }

  /** A header line, an annotation, a form without [cpu] column, or damage. */
  const otherLine = (text: string): void => {
    if (text.startsWith('#')) {
      kernelNamed(/^# \S+ latency trace v[\d.]+ on (\d\S{0,63})/.exec(text.slice(0, MAX_FRAME)))
      const counts = /entries-in-buffer\/entries-written: (\d+)\/(\d+)|latency: .* #(\d+)\/(\d+),/.exec(
        text.slice(0, MAX_FRAME),
      )
      if (counts !== null) {
        const inBuffer = Number(counts[1] ?? counts[3])
        const written = Number(counts[2] ?? counts[4])
        entries = { inBuffer: inBuffer + (entries?.inBuffer ?? 0), written: written + (entries?.written ?? 0) }
        if (inBuffer < written) gap(written - inBuffer)
      }
      return
    }
    // A console log that holds a dump of the trace begins with the banner.
    if (kernelNamed(/^(?:\[[ \d.]+\] )?Linux version (\d\S{0,63}) /.exec(text.slice(0, MAX_FRAME)))) return
    if (text.trim() === '' || /^cpus=\d+$|^version = \d+$/.test(text)) return
    if (text.startsWith(' =>')) {
      stackLines += 1
      return
    }
    const gapLine = /^\s*CPU:\d+ \[(?:LOST (\d+) EVENTS|EVENTS DROPPED)\]/.exec(text)
    if (gapLine !== null) return gap(gapLine[1] === undefined ? undefined : Number(gapLine[1]))
    const frame = text.length > MAX_EVENT ? undefined : splitOtherForms(text)
    if (frame === undefined) return damage(text)
    const entry = known.get(hashOf(frame.event))
    if (entry === undefined || entry.name !== frame.event) return note(hashOf(frame.event), frame.event)
    wanted(entry, frame, frame.body)
  }

  const takeLine = (chunk: Uint8Array, start: number, end: number): void => {
    line += 1
    if (start === end) return
    if (chunk[start] === HASH || !findName(chunk, start, end, place)) {
      // A frame without `name:` after its time: a stack trace, an event of unknown type, a function of the function tracer.
      const text = textOf(chunk, start, end)
      const bare = /\[\d+\].*?\d: (<stack trace>|\S.*)$/.exec(text.slice(0, MAX_FRAME))
      if (chunk[start] === HASH || bare === null || !/^.{16,}-\d+ /.test(text.slice(0, MAX_FRAME)))
        return otherLine(text)
      if (bare[1] === '<stack trace>') stackLines += 1
      else note(hashOf(bare[1] ?? ''), bare[1] ?? '')
      return
    }
    const entry = known.get(place.hash)
    if (entry === undefined) {
      const before = unknown.get(place.hash)
      if (before === undefined) return note(place.hash, textOf(chunk, place.start, place.end))
      before.count += 1
      unknownCount += 1
      return
    }
    if (entry.name.length !== place.end - place.start)
      return note(place.hash + 1, textOf(chunk, place.start, place.end))
    if (quick !== undefined && end - start <= MAX_EVENT && markers.none)
      if (quick.take(entry.name, chunk, start, end, place, line)) {
        entry.count += 1
        return
      }
    const text = textOf(chunk, start, end)
    const frame = splitHead(text, place.cpu - start, place.start - start - 2)
    if (frame === undefined) return damagedEvent(text)
    let body = place.end - start + 1
    while (text.charCodeAt(body) === 32) body += 1
    wanted(entry, frame, text.slice(body))
  }

  /** Takes the whole lines from `start` on; returns where the last, unfinished one begins. */
  const takeLines = (chunk: Uint8Array, start: number): number => {
    for (;;) {
      const newline = chunk.indexOf(NEWLINE, start)
      if (newline < 0) return start
      takeLine(chunk, start, newline > start && chunk[newline - 1] === CARRIAGE_RETURN ? newline - 1 : newline)
      start = newline + 1
    }
  }

  const tooLong = (): void => {
    skipping = false
    line += 1
    damage('(a line of more than 1 MiB)')
  }

  /** Completes the line that the chunk before left unfinished; returns where the next one begins. */
  const takeCarry = (chunk: Uint8Array): number => {
    if (carry === undefined && !skipping) return 0
    const newline = chunk.indexOf(NEWLINE)
    if (newline >= 0 && skipping) {
      tooLong()
      return newline + 1
    }
    if (skipping) return chunk.length
    const whole = joined(carry ?? chunk, chunk.subarray(0, newline < 0 ? chunk.length : newline + 1))
    carry = undefined
    if (newline >= 0) takeLines(whole, 0)
    else keepRest(whole, 0)
    return newline < 0 ? chunk.length : newline + 1
  }

  const keepRest = (chunk: Uint8Array, start: number): void => {
    if (start === chunk.length) return
    if (chunk.length - start <= MAX_LINE) carry = new Uint8Array(chunk.subarray(start))
    else skipping = true
  }

  return {
    push(chunk): void {
      bytes += chunk.length
      keepRest(chunk, takeLines(chunk, takeCarry(chunk)))
    },
    end(): ReadSummary {
      if (carry !== undefined) takeLine(carry, 0, carry.length)
      carry = undefined
      if (skipping) tooLong()
      const counted = [...known.values()].filter(({ count }) => count > 0)
      return {
        bytes,
        lines: line,
        events: Object.fromEntries(sorted(counted).map(({ name, count }) => [name, count])),
        unknown: Object.fromEntries(
          sorted([...unknown.values()]).map(({ name, count, line: first }) => [name, { count, line: first }]),
        ),
        unknownCount,
        damaged,
        damagedCount,
        stackLines,
        entries,
        lost,
        gaps,
      }
    },
  }
}

const joined = (head: Uint8Array, tail: Uint8Array): Uint8Array => {
  const whole = new Uint8Array(head.length + tail.length)
  whole.set(head)
  whole.set(tail, head.length)
  return whole
}

/** Are all elements of its lists numbers? */
const sound = (event: EventBody): boolean =>
  !(
    ('physAddrs' in event && event.physAddrs.some(Number.isNaN)) ||
    ('dmaAddrs' in event && event.dmaAddrs.some(Number.isNaN)) ||
    ('sizes' in event && event.sizes.some(Number.isNaN)) ||
    ('nents' in event && (Number.isNaN(event.nents) || Number.isNaN(event.ents)))
  )

const frameOf = ({ task, pid, cpu, time, interrupt }: Omit<Frame, 'event' | 'body'>): Omit<EventBase, 'at'> =>
  interrupt === undefined ? { task, pid, cpu, time } : { task, pid, cpu, time, interrupt }

const sorted = <T extends { readonly name: string }>(items: readonly T[]): readonly T[] =>
  items.toSorted((a, b) => (a.name < b.name ? -1 : 1))

/** Control characters shown, not sent: what a damaged line holds must not reach a terminal as it is. */
const printable = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (char) =>
    char === '\t' ? char : `\\x${(char.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`,
  )
