// Joins what belongs together before it is matched: lines that a terminal or a mail program wrapped, and records that the kernel itself
// prints on two lines. A join counts only where the message runs over the seam.
import { isWordAt } from '../match/matcher.ts'
import { type LogRecord, readPrefix } from './prefix.ts'

/** How many further lines one message may be wrapped to. */
const FOLLOWERS = 3

/** The kernel printed the rest as a record of its own: AMD-Vi before 4.19, DMAR before 4.5, an overlap of reserved memory. */
const isRest = (first: string, second: string): boolean =>
  (first.includes('Event logged [') ||
    first.includes('Request device [') ||
    first.includes('OVERLAP DETECTED') ||
    first.includes('not attached to domain') ||
    first.includes('Failed to allocate from')) &&
  isOtherHalf(first, second)

const isOtherHalf = (first: string, second: string): boolean =>
  first.trimEnd().endsWith('Event logged [') ||
  (first.includes('Request device [') && !first.includes('fault reason') && second.includes('[fault reason ')) ||
  (first.trimEnd().endsWith('OVERLAP DETECTED!') && second.includes(' overlaps with ')) ||
  (first.includes('Device not attached to domain properly') && second.startsWith('AMD-Vi: device=')) ||
  (/Failed to allocate from (?:CMA|GEM DMA helper):$/.test(first.trimEnd()) && second.includes('num bos'))

/** `AMD-Vi: ` again before the rest says nothing. */
const restOf = (text: string): string => text.replace(/^(?:dmar: |DMAR: ?|AMD-Vi: )/, '')

/** What can be found in a text. `G`: what its words lead to; nothing else can be found in it. `T`: what a match is. */
export interface Matching<G, T> {
  groupsOf(text: string): readonly G[]
  /** What says more than `above`: how far into the text it reaches, where it begins, and how much it says. */
  find(
    text: string,
    groups: readonly G[],
    above: number,
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

/** A record that waits for its followers, and what its words lead to: looked up once. */
interface Held<G, T> {
  readonly record: LogRecord
  readonly plain: string
  readonly groups: readonly G[]
  /** What it says by itself; null: not looked at yet. */
  alone: Of<T> | undefined | null
}
interface Of<T> {
  readonly start: number
  readonly end: number
  readonly weight: number
  readonly of: T
}

export const createWindow = <G, T>(matching: Matching<G, T>, onRecord: (joined: Joined<T>) => void): Window => {
  const held: Held<G, T>[] = []
  const hold = (record: LogRecord): Held<G, T> => {
    const plain = oneSpace(record.text)
    return { record, plain, groups: matching.groupsOf(plain), alone: null }
  }
  const followersOf = (first: LogRecord): readonly Held<G, T>[] => {
    const second = held[1]?.record
    if (second === undefined) return NONE
    if (second.begins) return isRest(first.text, second.text) ? [hold({ ...second, text: restOf(second.text) })] : []
    const stop = held.findIndex(
      (one, index) =>
        index > 0 && (one.record.begins || one.plain === '' || (!first.begins && isMessage(matching, one))),
    )
    return held.slice(1, stop < 0 ? undefined : stop)
  }
  const take = (): void => {
    const [first] = held
    if (first === undefined) return
    const joined = best(matching, first, followersOf(first.record))
    if (joined.pieces.length === 1) held.shift()
    else held.splice(0, joined.pieces.length)
    onRecord(joined)
  }
  return {
    push: (line, number) => {
      held.push(hold(readPrefix(line, number)))
      while (held.length > FOLLOWERS) take()
    },
    end: () => {
      while (held.length > 0) take()
    },
  }
}

const NONE: readonly never[] = []

const aloneOf = <G, T>(matching: Matching<G, T>, held: Held<G, T>): Of<T> | undefined => {
  if (held.alone === null) held.alone = held.groups.length === 0 ? undefined : matching.find(held.plain, held.groups, 0)
  return held.alone
}

/** Without prefixes, it is a record of its own where it names its sender and says something by itself. */
const isMessage = <G, T>(matching: Matching<G, T>, held: Held<G, T>): boolean =>
  aloneOf(matching, held) !== undefined && SENDER.test(held.plain)

const best = <G, T>(matching: Matching<G, T>, first: Held<G, T>, followers: readonly Held<G, T>[]): Joined<T> => {
  const { record, plain: text } = first
  const alone = aloneOf(matching, first)
  let chosen: Joined<T> = { record, text, found: alone?.of, pieces: [record] }
  const [next] = followers
  if (next === undefined) return chosen
  let weight = alone?.weight ?? 0
  const cut = isCut(record, next.record)
  // The last value of the line goes on behind the cut of a terminal.
  if (alone?.end === text.length && cut && aloneOf(matching, next) === undefined) {
    const { whole } = seamed([record.text, next.record.text], NOTHING)
    const found = matching.find(whole, groupsAcross(matching, [first, next], true), weight - 1)
    if (found !== undefined && found.end > text.length) {
      chosen = { record, text: whole, found: found.of, pieces: [record, next.record] }
      weight = found.weight
    }
  }
  for (let count = 1; count <= followers.length; count += 1) {
    const pieces = [first, ...followers.slice(0, count)]
    for (const seam of cut ? CUT_SEAMS : SEAMS) {
      const groups = groupsAcross(matching, pieces, seam.tears)
      if (groups.length === 0) continue
      const { whole, last } = seamed(
        pieces.map((piece) => piece.record.text),
        seam.glue,
      )
      const found = matching.find(whole, groups, weight)
      if (found === undefined || found.end <= last) continue
      // What begins behind the first line is that line's only where the first line is the head of a record.
      if (found.start >= text.length && !(record.begins && alone === undefined && count === 1)) continue
      chosen = { record, text: whole, found: found.of, pieces: pieces.map((piece) => piece.record) }
      weight = found.weight
    }
  }
  return chosen
}

/** What the words of all pieces lead to; `torn`: words may run over the seams. */
const groupsAcross = <G, T>(matching: Matching<G, T>, pieces: readonly Held<G, T>[], torn: boolean): readonly G[] => {
  const groups = pieces.flatMap((piece) => piece.groups)
  if (!torn) return groups
  const over = pieces.slice(1).map((right, index) => overSeam(pieces[index]?.plain ?? '', right.plain))
  return [...groups, ...matching.groupsOf(over.join(' '))]
}

/** The word that the end of one line and the begin of the next make. */
const overSeam = (left: string, right: string): string => {
  let from = left.length
  while (from > 0 && isWordAt(left, from - 1)) from -= 1
  let to = 0
  while (to < right.length && isWordAt(right, to)) to += 1
  return left.slice(from) + right.slice(0, to)
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
  readonly last: number
}

/** What stands between two lines, by how the left one ends. */
type Glue = (left: string) => string

const seamed = (pieces: readonly string[], glue: Glue): Seamed => {
  let whole = ''
  for (const piece of pieces) {
    const between = whole === '' ? '' : glue(whole)
    whole += between + (between === '' ? piece : piece.trimStart())
  }
  const plain = oneSpace(whole)
  return { whole: plain, last: plain.length - (pieces.at(-1) ?? '').trim().length }
}

const NOTHING: Glue = () => ''
interface Seam {
  readonly glue: Glue
  /** A word may run over it. */
  readonly tears: boolean
}
/** Wrapped at a blank, behind a hyphen, or in the middle of a word. */
const SEAMS: readonly Seam[] = [
  { glue: () => ' ', tears: false },
  { glue: (left) => (left.endsWith('-') ? '' : ' '), tears: false },
  { glue: NOTHING, tears: true },
]
/** A terminal puts no blank where it cuts. */
const CUT_SEAMS: readonly Seam[] = SEAMS.toReversed()
