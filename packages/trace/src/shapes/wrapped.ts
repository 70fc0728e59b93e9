// Lines that were wrapped are put together again: an event whose body is not whole takes the lines behind it, where they complete it.
import { decodeText } from '../read/decode.ts'
import { isFields } from '../read/fields.ts'
import { looseLine, type LooseLine } from './loose-line.ts'

/** Lines that one was wrapped to, at most. */
const MOST = 12
/** No event is longer. */
const MAX_EVENT = 2 ** 14
/** Frames end before this column. */
const FRAME = 512

export interface Wrapped {
  /** One line; what comes out has as many lines as went in, so that their numbers stay right. */
  push(line: string): void
  end(): void
}

/** A line, and the event in it. */
interface Held {
  readonly line: string
  readonly read: LooseLine | undefined
}

export const createWrapped = (onLine: (line: string, read: LooseLine | undefined) => void): Wrapped => {
  let held: Held[] = []
  const release = (): void => {
    const [first, ...rest] = held
    held = []
    if (first === undefined) return
    const whole = rest.length === 0 ? undefined : joined(first.line, rest)
    onLine(whole?.line ?? first.line, whole === undefined ? first.read : whole.read)
    for (const { line, read } of rest) onLine(whole === undefined ? line : '', whole === undefined ? read : undefined)
  }
  return {
    push: (line) => {
      const read = line.length > MAX_EVENT ? undefined : looseLine(line)
      if (held.length > 0 && held.length <= MOST && !begins(line, read)) {
        held.push({ line, read })
        return
      }
      release()
      if (isOpen(line, read)) held.push({ line, read })
      else onLine(line, read)
    },
    end: release,
  }
}

/** A new line of a log, not the rest of one. */
const begins = (line: string, read: LooseLine | undefined): boolean =>
  line.trim() === '' || line.startsWith('#') || /-\d+\s.*\[\d+\]/.test(line.slice(0, FRAME)) || read !== undefined

/** May more of it follow? */
const isOpen = (line: string, read: LooseLine | undefined): boolean => {
  if (line.length > MAX_EVENT) return false
  if (read === undefined) return /-\d+\s+(?:\([\s\d-]+\)\s+)?\[\d+\]/.test(line.slice(0, FRAME))
  if (isFields(read.body)) return false
  const event = decodeText(read.event, read.body)
  return event === undefined || ('truncated' in event && event.truncated === true)
}

/** undefined: together they are no event either. */
const joined = (first: string, rest: readonly Held[]): Held | undefined => {
  for (const glue of [' ', '']) {
    for (let count = rest.length; count > 0; count -= 1) {
      const line = [first, ...rest.slice(0, count).map((one) => one.line.trim())].join(glue)
      const read = looseLine(line)
      if (read !== undefined && !isOpen(line, read)) return { line, read }
    }
  }
  return undefined
}
