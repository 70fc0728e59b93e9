// A log of any size, line by line.

/** Characters of a line that are kept; a console line has 1024 at most. What has no line ends is no kernel log, and must not fill memory. */
const KEPT = 65_536

/** Lines without their ends (LF or CRLF). Of longer ones the beginning. */
export const linesOf = async function* (chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let line = ''
  for await (const chunk of chunks) {
    let from = 0
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
      yield withoutReturn(line + chunk.slice(from, Math.min(end, from + KEPT - line.length)))
      line = ''
      from = end + 1
    }
    line += chunk.slice(from, from + KEPT - line.length)
  }
  if (line !== '') yield withoutReturn(line)
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line)
