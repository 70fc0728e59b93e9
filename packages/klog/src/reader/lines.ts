// Text as lines, each with its number: LF, CRLF, and the CR CR LF of serial consoles.

/** Characters of a line that are kept; a console line has 1024 at most. What has no line ends must not fill memory. */
const KEPT = 4096

export interface Lines {
  push(chunk: string): void
  /** Returns how many lines there were. */
  end(): number
}

export const createLines = (onLine: (text: string, number: number) => void): Lines => {
  let held = ''
  let number = 0
  const keep = (text: string): void => {
    held += text.slice(0, KEPT - held.length)
  }
  const line = (): void => {
    number += 1
    for (const part of held.includes('\r') ? held.split('\r') : [held]) if (part !== '') onLine(part, number)
    if (held.trim() === '') onLine('', number)
    held = ''
  }
  return {
    push: (chunk) => {
      let from = 0
      for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
        keep(chunk.slice(from, Math.min(end, from + KEPT)))
        line()
        from = end + 1
      }
      keep(chunk.slice(from, from + KEPT))
    },
    end: () => {
      if (held !== '') line()
      return number
    },
  }
}
