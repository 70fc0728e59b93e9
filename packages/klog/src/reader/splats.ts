// Faults and warnings with their call traces. What a fault means comes from its functions: one that names none of the DMA functions is
// reported as what it is, a fault elsewhere.
import type { Entry, Fields } from '../catalogue/entry.ts'
import { TRACE_RULES } from '../catalogue/index.ts'
import type { Report } from './report.ts'
import { endsSplat, functionsOf, isCaller, isInnermost } from './trace.ts'
import type { LogRecord } from './prefix.ts'

export interface Splats {
  open(entry: Entry, fields: Fields, record: LogRecord, text: string): void
  /** A message stands here: what comes behind a trace is not part of it. */
  message(): void
  /** Returns whether the line is part of the call trace of an open splat. */
  line(text: string, begins: boolean): boolean
  end(): void
}

interface Splat {
  readonly entry: Entry
  readonly fields: Fields
  readonly record: LogRecord
  readonly text: string
  readonly innermost: string[]
  readonly trace: string[]
  left: number
}

/** A trace alone says something only where a rule knows it. */
const BARE_TRACE = 'fault-trace'
/** Records that one splat may have, and functions that are kept of it. */
const RECORDS = 100
const FUNCTIONS = 64

const begins = (name: string, prefixes: readonly string[]): boolean =>
  prefixes.some((prefix) => name.startsWith(prefix))

export const createSplats = (report: Report): Splats => {
  let current: Splat | undefined
  const close = (): void => {
    if (current === undefined) return
    const { entry, fields, record, text, innermost, trace } = current
    current = undefined
    const functions = [...innermost, ...trace]
    const rule = TRACE_RULES.find(
      (one) =>
        one.heads.includes(entry.id) &&
        functions.slice(0, one.depth).some((name) => begins(name, one.functions)) &&
        (one.below.length === 0 || functions.some((name) => begins(name, one.below))) &&
        (one.after.length === 0 || report.recent().some((id) => one.after.includes(id))),
    )
    const sighting = { driver: '', device: '', fields, trace: functions, record, text }
    if (rule !== undefined || entry.id !== BARE_TRACE) report.add(rule ?? entry, sighting)
  }
  const add = (splat: Splat, text: string): boolean => {
    const names = functionsOf(text)
    if (names.length === 0) return false
    if (isInnermost(text)) splat.innermost.unshift(...names.slice(0, 1))
    else if (isCaller(text)) splat.innermost.push(...names.slice(0, 1))
    else if (splat.trace.length < FUNCTIONS) splat.trace.push(...names.filter((name) => splat.trace.at(-1) !== name))
    return true
  }
  return {
    open: (entry, fields, record, text) => {
      if (entry.id === BARE_TRACE && current !== undefined) return
      const empty = current !== undefined && current.innermost.length + current.trace.length === 0
      // `Internal error: Oops` behind `Unable to handle`, `Oops:` behind `BUG: unable`: the same fault says more.
      if (current !== undefined && empty && entry.id === 'fault-oops') {
        add(current, text)
        return
      }
      close()
      current = { entry, fields, record, text, innermost: [], trace: [], left: RECORDS }
      add(current, text)
    },
    message: () => {
      if (current !== undefined && current.trace.length > 0) close()
    },
    line: (text, begins) => {
      if (current === undefined) return false
      const bare = current.innermost.length + current.trace.length === 0
      // A terminal may have cut the function of the first line in two.
      const cut = bare && !begins && !/(?: at|[:\d])$/.test(current.text)
      const named = add(current, cut ? current.text + text : text)
      current.left -= 1
      if (current.left <= 0 || endsSplat(text)) close()
      return named
    },
    end: close,
  }
}
