// What was recognised, grouped: the same message again is counted, a flood of numbers stays short.
import type { KernelMessageKind, KlogMessage, KlogReport, NotUnderstood } from '@dmalab/api'
import type { Entry, Say, Seen } from '../catalogue/entry.ts'
import type { LogRecord } from './prefix.ts'

/** What an entry or a rule about a trace has in common. */
type Explained = Pick<Entry, 'id' | 'kind' | 'title' | 'source' | 'cause' | 'next' | 'fixes' | 'code'>

interface Sighting extends Omit<Seen, 'near'> {
  readonly record: LogRecord
  readonly text: string
}

export interface Report {
  add(explained: Explained, sighting: Sighting): void
  miss(record: LogRecord, text: string, subsystem: string | undefined): void
  /** Ids of the last messages, newest last. */
  recent(): readonly string[]
  end(lines: number): KlogReport
}

const KEPT_LINES = 8
/** Causes told apart per kind of message; a flood of them differs in numbers only. */
const CAUSES = 16
/** Messages before one that count as its neighbours, and the lines they may be away. */
const NEIGHBOURS = 8
const NEIGHBOUR_LINES = 40
/** Shapes of lines that are listed as not understood. */
const SHAPES = 50

const ORDER: Readonly<{ [One in KernelMessageKind]: number }> = { problem: 0, note: 1, harmless: 2 }

type Growing<T> = T & { readonly lines: number[]; count: number }

const again = (entry: Growing<{ readonly lines: readonly number[]; readonly count: number }>, line: number): void => {
  entry.count += 1
  if (entry.lines.length < KEPT_LINES) entry.lines.push(line)
}

export const createReport = (): Report => {
  const messages = new Map<string, Growing<KlogMessage>>()
  const causes = new Map<string, Set<string>>()
  const missed = new Map<string, Growing<NotUnderstood>>()
  const recent: { readonly id: string; readonly line: number }[] = []
  const keyOf = (id: string, cause: string): string => {
    let known = causes.get(id)
    if (known === undefined) causes.set(id, (known = new Set()))
    if (known.size < CAUSES) known.add(cause)
    return known.has(cause) ? `${id} ${cause}` : id
  }
  return {
    add: (explained, { record, text, fields, driver, device, trace }) => {
      const near = (id: string): boolean =>
        recent.some((one) => one.id === id && record.line - one.line <= NEIGHBOUR_LINES)
      const all: Seen = { fields, driver, device, trace, near }
      const say = (what: Say): string => (typeof what === 'string' ? what : what(all))
      const cause = say(explained.cause)
      const key = keyOf(explained.id, cause)
      const known = messages.get(key)
      recent.push({ id: explained.id, line: record.line })
      if (recent.length > NEIGHBOURS) recent.shift()
      if (known !== undefined) return again(known, record.line)
      const { id, title, source, code = null } = explained
      const kind = typeof explained.kind === 'string' ? explained.kind : explained.kind(all)
      const fixes = typeof explained.fixes === 'function' ? explained.fixes(all) : explained.fixes
      const next = say(explained.next)
      messages.set(key, {
        id,
        kind,
        title,
        cause,
        next,
        fixes,
        source,
        code,
        driver,
        device,
        time: record.time,
        lines: [record.line],
        count: 1,
        text,
      })
    },
    miss: (record, text, subsystem) => {
      if (subsystem === undefined) return
      const shape = text.replace(/[0-9a-f]*\d[0-9a-f]*/g, '#')
      const known = missed.get(shape)
      if (known !== undefined) again(known, record.line)
      else if (missed.size < SHAPES) missed.set(shape, { subsystem, lines: [record.line], count: 1, text })
    },
    recent: () => recent.map(({ id }) => id),
    end: (lines) => ({
      lines,
      messages: [...messages.values()].toSorted(
        (a, b) => ORDER[a.kind] - ORDER[b.kind] || (a.lines[0] ?? 0) - (b.lines[0] ?? 0),
      ),
      notUnderstood: [...missed.values()],
    }),
  }
}
