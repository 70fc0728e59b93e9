// Lines that were wrapped are put together again: an event whose body is not whole takes the lines behind it, where they complete it.
import { decodeText } from '../read/decode.ts'
import { isFields } from '../read/fields.ts'
import { looseLine } from './loose-line.ts'

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

export const createWrapped = (onLine: (line: string) => void): Wrapped => {
  let held: string[] = []
  const release = (): void => {
    const [first, ...rest] = held
    held = []
    if (first === undefined) return
    const whole = rest.length === 0 ? undefined : joined(first, rest)
    onLine(whole ?? first)
    for (const line of rest) onLine(whole === undefined ? line : '')
  }
  return {
    push: (line) => {
      if (held.length === 0) {
        if (isOpen(line)) held.push(line)
        else onLine(line)
        return
      }
      if (held.length > MOST || begins(line)) {
        release()
        if (isOpen(line)) held.push(line)
        else onLine(line)
        return
      }
      held.push(line)
    },
    end: release,
  }
}

/** A new line of a log, not the rest of one. */
const begins = (line: string): boolean =>
  line.trim() === '' ||
  line.startsWith('#') ||
  /-\d+\s.*\[\d+\]/.test(line.slice(0, FRAME)) ||
  looseLine(line) !== undefined

/** May more of it follow? */
const isOpen = (line: string): boolean => {
  if (line.length > MAX_EVENT) return false
  const read = looseLine(line)
  if (read === undefined) return /-\d+\s+(?:\([\s\d-]+\)\s+)?\[\d+\]/.test(line.slice(0, FRAME))
  if (isFields(read.body)) return false
  const event = decodeText(read.event, read.body)
  return event === undefined || ('truncated' in event && event.truncated === true)
}

/** undefined: together they are no event either. */
const joined = (first: string, rest: readonly string[]): string | undefined => {
  for (const glue of [' ', '']) {
    for (let count = rest.length; count > 0; count -= 1) {
      const text = [first, ...rest.slice(0, count).map((line) => line.trim())].join(glue)
      if (looseLine(text) !== undefined && !isOpen(text)) return text
    }
  }
  return undefined
}
