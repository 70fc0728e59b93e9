// Traces as JSON for viewers: Chrome, systrace and Perfetto put the text of ftrace into one string of it, systemTraceEvents. It may stand
// behind all the rest, so the whole is gone through.

/** Is it JSON of that kind, by its head? */
export const isJsonTrace = (text: string): boolean =>
  /^\s*[[{]/.test(text) && /"(?:traceEvents|systemTraceEvents|ph|displayTimeUnit)"\s*:/.test(text)

const KEY = '"systemTraceEvents"'
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: ' ', f: ' ' }

type State = 'before' | 'key' | 'inside' | 'behind'

export interface JsonText {
  push(text: string): void
}

/** Gives the text of ftrace, as it comes. */
export const createJsonText = (onText: (text: string) => void): JsonText => {
  let state: State = 'before'
  let held = ''
  const steps: Readonly<Record<State, () => boolean>> = {
    before: () => {
      const at = held.indexOf(KEY)
      held = at < 0 ? held.slice(-KEY.length) : held.slice(at + KEY.length)
      if (at >= 0) state = 'key'
      return at >= 0
    },
    key: () => {
      const found = /^\s*:\s*(\S)/.exec(held)
      if (found === null) return false
      held = held.slice(found[0].length)
      state = found[1] === '"' ? 'inside' : 'before'
      return true
    },
    inside: () => {
      let out = ''
      let at = 0
      for (;;) {
        const stop = nextOf(held, at)
        out += held.slice(at, stop)
        if (stop === held.length) {
          at = stop
          break
        }
        if (held[stop] === '"') {
          state = 'behind'
          at = held.length
          break
        }
        const escape = held[stop + 1]
        const length = escape === 'u' ? 6 : 2
        if (stop + length > held.length) {
          at = stop
          break
        }
        out += escape === 'u' ? codeOf(held.slice(stop + 2, stop + 6)) : (ESCAPES[escape ?? ''] ?? escape ?? '')
        at = stop + length
      }
      held = held.slice(at)
      if (out !== '') onText(out)
      return false
    },
    behind: () => {
      held = ''
      return false
    },
  }
  return {
    push: (text) => {
      held += text
      while (steps[state]()) continue
    },
  }
}

const codeOf = (digits: string): string => {
  const code = Number.parseInt(digits, 16)
  return code < 256 ? String.fromCharCode(code) : '?'
}

/** The next quote or backslash, else the end. */
const nextOf = (text: string, from: number): number => {
  for (let at = from; at < text.length; at += 1) if (text[at] === '"' || text[at] === '\\') return at
  return text.length
}
