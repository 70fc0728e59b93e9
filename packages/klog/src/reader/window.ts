// Joins what belongs together before it is matched: lines that a terminal or a mail program wrapped, and records that the kernel itself
// prints on two lines. A join counts only where the message runs over the seam.
import { readPrefix, type Prefix } from './prefix.ts'

export interface LogRecord extends Prefix {
  /** Line of its first character, from 1. */
  readonly line: number
  /** Characters of the line, with all that stands before the text. */
  readonly width: number
}

/** How many further lines one message may be wrapped to. */
const FOLLOWERS = 3

/** The kernel printed the rest as a record of its own: AMD-Vi before 4.19, DMAR before 4.5, an overlap of reserved memory. */
const isRest = (first: string, second: string): boolean => HALVES.test(first) && isOtherHalf(first, second)

/** A word of each first half. */
const HALVES = /Event logged \[|Request device \[|OVERLAP DETECTED|not attached to domain|Failed to allocate from/

const isOtherHalf = (first: string, second: string): boolean =>
  first.trimEnd().endsWith('Event logged [') ||
  (first.includes('Request device [') && !first.includes('fault reason') && second.includes('[fault reason ')) ||
  (first.trimEnd().endsWith('OVERLAP DETECTED!') && second.includes(' overlaps with ')) ||
  (first.includes('Device not attached to domain properly') && second.startsWith('AMD-Vi: device=')) ||
  (/Failed to allocate from (?:CMA|GEM DMA helper):$/.test(first.trimEnd()) && second.includes('num bos'))

const recordOf = ({ time, level, program, begins, text }: Prefix, line: number, width: number): LogRecord => ({
  time,
  level,
  program,
  begins,
  text,
  line,
  width,
})

/** `AMD-Vi: ` again before the rest says nothing. */
const restOf = (text: string): string => text.replace(/^(?:dmar: |DMAR: ?|AMD-Vi: )/, '')

/** `T`: what a match is. Returns how far into the text it reaches and where it begins, and how much it says. */
export interface Matching<T> {
  find(
    text: string,
  ): { readonly start: number; readonly end: number; readonly weight: number; readonly of: T } | undefined
}

export interface Window {
  push(line: string, number: number): void
  end(): void
}

export interface Joined<T> {
  readonly record: LogRecord
  /** The text that was matched, blanks collapsed. */
  readonly text: string
  readonly found: T | undefined
  /** Records that it takes; the text of those behind the first is not looked at again. */
  readonly pieces: readonly LogRecord[]
}

const oneSpace = (text: string): string => {
  const trimmed = text.trim()
  return trimmed.includes('  ') ? trimmed.replace(/ {2,}/g, ' ') : trimmed
}

export const createWindow = <T>(matching: Matching<T>, onRecord: (joined: Joined<T>) => void): Window => {
  const held: LogRecord[] = []
  const take = (): void => {
    const [first, ...rest] = held
    if (first === undefined) return
    const joined = best(matching, first, followersOf(first, rest))
    held.splice(0, joined.pieces.length)
    onRecord(joined)
  }
  return {
    push: (line, number) => {
      held.push(recordOf(readPrefix(line), number, line.length))
      while (held.length > FOLLOWERS) take()
    },
    end: () => {
      while (held.length > 0) take()
    },
  }
}

const followersOf = (first: LogRecord, rest: readonly LogRecord[]): readonly LogRecord[] => {
  const [second] = rest
  if (second?.begins === true) return isRest(first.text, second.text) ? [{ ...second, text: restOf(second.text) }] : []
  const stop = rest.findIndex((one) => one.begins || one.text.trim() === '')
  return stop < 0 ? rest : rest.slice(0, stop)
}

const best = <T>(matching: Matching<T>, first: LogRecord, followers: readonly LogRecord[]): Joined<T> => {
  const text = oneSpace(first.text)
  const alone = matching.find(text)
  let chosen: Joined<T> = { record: first, text, found: alone?.of, pieces: [first] }
  let weight = alone?.weight ?? 0
  // The last value of the line goes on behind the cut of a terminal.
  const [next] = followers
  if (
    alone?.end === text.length &&
    next !== undefined &&
    isCut(first, next) &&
    matching.find(next.text) === undefined
  ) {
    const { whole } = seamed([first.text, next.text], () => '')
    const found = matching.find(whole)
    if (found !== undefined && found.weight >= weight && found.end > text.length) {
      chosen = { record: first, text: whole, found: found.of, pieces: [first, next] }
      weight = found.weight
    }
  }
  for (let count = 1; count <= followers.length; count += 1) {
    const pieces = [first, ...followers.slice(0, count)]
    for (const seams of next !== undefined && isCut(first, next) ? CUT_SEAMS : SEAMS) {
      const { whole, seam } = seams(pieces.map((piece) => piece.text))
      const found = matching.find(whole)
      if (found === undefined || found.weight <= weight || found.end <= seam) continue
      // What begins behind the first line is that line's only where the first line is the head of a record.
      if (found.start >= text.length && !(first.begins && alone === undefined && count === 1)) continue
      chosen = { record: first, text: whole, found: found.of, pieces }
      weight = found.weight
    }
  }
  return chosen
}

/** Widths at which terminals and loggers cut lines, wherever a word is. */
const CUTS: ReadonlySet<number> = new Set([70, 72, 76, 78, 79, 80, 100, 120, 128, 132, 160])

/** `driver device: `: a record of its own. */
const SENDER = /^\S+(?: \S+)?: /

const isCut = (first: LogRecord, next: LogRecord): boolean =>
  CUTS.has(first.width) &&
  !next.begins &&
  ((/\w$/.test(first.text) && /^\w/.test(next.text)) || TORN.test(first.text.slice(-1) + next.text.slice(0, 2))) &&
  // Where records have a prefix, what has none is no record of its own.
  (first.begins || !SENDER.test(next.text))

/** No word begins or ends like this: the last character of a line, and the first two of the next. */
const TORN = /^(?:\S[:.,;)]|\S'[,: ]|[@=(/]\w)/

interface Seamed {
  readonly whole: string
  /** Where the last piece begins. */
  readonly seam: number
}

const seamed = (pieces: readonly string[], glue: (left: string) => string): Seamed => {
  let whole = ''
  let seam = 0
  for (const piece of pieces) {
    whole = whole === '' ? piece : whole + glue(whole) + (glue(whole) === '' ? piece : piece.trimStart())
    seam = oneSpace(whole).length - piece.trim().length
  }
  return { whole: oneSpace(whole), seam }
}

/** Wrapped at a blank, behind a hyphen, or in the middle of a word. */
const SEAMS: readonly ((pieces: readonly string[]) => Seamed)[] = [
  (pieces) => seamed(pieces, () => ' '),
  (pieces) => seamed(pieces, (left) => (left.endsWith('-') ? '' : ' ')),
  (pieces) => seamed(pieces, () => ''),
]
/** A terminal puts no blank where it cuts. */
const CUT_SEAMS: typeof SEAMS = SEAMS.toReversed()
