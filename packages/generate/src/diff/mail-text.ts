// The text of a mail: what travels as quoted-printable or base64 is put back, part by part, and a patch that is quoted in an answer is
// taken out of its quotation marks.

/** Lines of headers begin so; what they say continues on lines that begin with a blank. */
const HEADER = /^[A-Za-z][\w-]*:/
const ENCODING = /^content-transfer-encoding:\s*(quoted-printable|base64)\s*$/i

/** The lines, decoded. Text that is no mail stays as it is. */
export const mailLines = (text: string): readonly string[] => {
  const lines = text.split(/\r?\n/)
  const ends = boundaries(lines)
  const found: string[] = []
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? ''
    found.push(line)
    const [, encoding] = ENCODING.exec(line) ?? []
    if (encoding === undefined) continue
    const head = headLength(lines.slice(at))
    if (head === undefined) continue
    const start = at + head
    const length = lines.slice(start).findIndex((one) => ends.has(one.replace(/--\s*$|\s+$/, '')))
    const end = length < 0 ? lines.length : start + length
    found.push(...lines.slice(at + 1, start), ...decoded(lines.slice(start, end), encoding.toLowerCase()))
    at = end - 1
  }
  return found
}

/** Lines that part one part of a mail from the next. */
const boundaries = (lines: readonly string[]): ReadonlySet<string> =>
  new Set(lines.flatMap((line) => [...line.matchAll(/\bboundary="?([^";\s]+)/gi)].map(([, name]) => `--${name ?? ''}`)))

/** Lines up to the empty one behind the headers; undefined where these are no headers. */
const headLength = (lines: readonly string[]): number | undefined => {
  const end = lines.findIndex((line) => line === '')
  const isHead = end > 0 && lines.slice(0, end).every((line) => HEADER.test(line) || /^[ \t]/.test(line))
  return isHead ? end + 1 : undefined
}

const decoded = (lines: readonly string[], encoding: string): readonly string[] => {
  const bytes =
    encoding === 'base64'
      ? Buffer.from(lines.join(''), 'base64')
      : Buffer.from(
          lines
            .join('\n')
            .replaceAll(/=[ \t]*\n/g, '')
            .replaceAll(/\P{ASCII}/gu, (char) => [...Buffer.from(char)].map(escaped).join(''))
            .replaceAll(/=([0-9A-Fa-f]{2})/g, (_whole, digits: string) =>
              String.fromCharCode(Number.parseInt(digits, 16)),
            ),
          'latin1',
        )
  return new TextDecoder().decode(bytes).split(/\r?\n/)
}

/** A header as a person wrote it: what is not ASCII travels as `=?UTF-8?q?=C3=A4?=`, and blanks between two of these are not meant. */
export const headerText = (text: string): string =>
  text
    .replaceAll(/(\?=)\s+(?==\?)/g, '$1')
    .replaceAll(
      /=\?([\w-]+)(?:\*\w+)?\?([qb])\?([^?\s]*)\?=/gi,
      (whole, charset: string, how: string, word: string) => {
        const bytes =
          how.toLowerCase() === 'b'
            ? Buffer.from(word, 'base64')
            : Buffer.from(
                word
                  .replaceAll('_', ' ')
                  .replaceAll(/=([0-9A-F]{2})/gi, (_, digits: string) =>
                    String.fromCharCode(Number.parseInt(digits, 16)),
                  ),
                'latin1',
              )
        try {
          return new TextDecoder(charset).decode(bytes)
        } catch {
          // An unknown charset.
          return whole
        }
      },
    )

const escaped = (byte: number): string => `=${byte.toString(16).padStart(2, '0')}`

/** The lines of a patch that an answer quotes, without what is said in between; undefined where none is quoted. */
export const quotedPatch = (lines: readonly string[]): readonly string[] | undefined => {
  const [, marks] = firstMatch(lines, /^((?:>[ \t]?)+)(?:diff --git |--- \S)/) ?? []
  if (marks === undefined) return undefined
  const bare = marks.trimEnd()
  return lines.flatMap((line) => {
    if (line.startsWith(marks)) return [line.slice(marks.length)]
    return line === bare ? [''] : []
  })
}

const firstMatch = (lines: readonly string[], pattern: RegExp): RegExpExecArray | undefined => {
  for (const line of lines) {
    const found = pattern.exec(line)
    if (found !== null) return found
  }
  return undefined
}
