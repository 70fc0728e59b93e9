// A command line into words, as GLib's g_shell_parse_argv makes them, each character with its place in the line.

export interface Word {
  readonly text: string
  /** For each character of `text` its offset in the line. */
  readonly from: readonly number[]
  /** Offset of the word's first character, quotes included. */
  readonly at: number
}

/** What stops a line from being words; `at` is the offending character. */
export interface ShellProblem {
  readonly problem: string
  readonly at: number
}

const isProblem = (x: RawToken[] | ShellProblem): x is ShellProblem => 'problem' in x

/** Models: GLib 2.74 glib/gshell.c: g_shell_parse_argv */
export const shellWords = (line: string): readonly Word[] | ShellProblem => {
  const tokens = tokenize(line)
  return isProblem(tokens) ? tokens : tokens.map((token) => unquote(line, token))
}

/** Offsets of the characters of a word, quotes and backslashes still inside. */
type RawToken = readonly number[]

/** Models: GLib 2.74 glib/gshell.c: tokenize_command_line */
const tokenize = (line: string): RawToken[] | ShellProblem => {
  const tokens: RawToken[] = []
  let token: number[] | undefined
  let quote = ''
  let quoteAt = 0
  // An odd number of backslashes right before: a double quote after them does not close.
  let odd = false
  const end = (): void => {
    if (token) tokens.push(token)
    token = undefined
  }
  const open = (kind: string, at: number): void => {
    quote = kind
    quoteAt = at
  }
  for (let at = 0; at < line.length; at++) {
    const c = line.charAt(at)
    if (quote === '\\') {
      if (c !== '\n') (token ??= []).push(at - 1, at)
      quote = ''
    } else if (quote === '#') {
      if (c === '\n') quote = ''
    } else if (quote !== '') {
      if (c === quote && !(quote === '"' && odd)) quote = ''
      ;(token ??= []).push(at)
    } else if (c === '\n') {
      end()
    } else if (c === ' ' || c === '\t') {
      if (token && token.length > 0) end()
    } else if (c === '\\') {
      open(c, at)
    } else if (c === '#' && (at === 0 || ' \n'.includes(line.charAt(at - 1)))) {
      if (at === line.length - 1) return unclosed('#', at)
      open(c, at)
    } else {
      if (c === '"' || c === "'") open(c, at)
      ;(token ??= []).push(at)
    }
    odd = c === '\\' && !odd
  }
  end()
  if (quote === '\\') return { problem: 'the text ends right after a \\', at: quoteAt }
  if (quote === '"' || quote === "'") return unclosed(quote, quoteAt)
  return tokens.length > 0 ? tokens : { problem: 'the text is empty', at: 0 }
}

const unclosed = (quote: string, at: number): ShellProblem => ({
  problem: `no matching quote was found for ${quote}`,
  at,
})

/** Models: GLib 2.74 glib/gshell.c: g_shell_unquote */
const unquote = (line: string, token: RawToken): Word => {
  const from: number[] = []
  let quote = ''
  for (let i = 0; i < token.length; i++) {
    const at = token[i] ?? 0
    const c = line.charAt(at)
    const next = token[i + 1]
    const escapes = quote === '' || (quote === '"' && next !== undefined && '"\\`$\n'.includes(line.charAt(next)))
    if (c === '\\' && quote !== "'" && escapes && next !== undefined) {
      // Outside quotes backslash and newline are nothing; inside double quotes the newline stays.
      if (quote === '"' || line.charAt(next) !== '\n') from.push(next)
      i++
    } else if (quote === '' && (c === '"' || c === "'")) quote = c
    else if (c === quote) quote = ''
    else from.push(at)
  }
  return { text: from.map((at) => line.charAt(at)).join(''), from, at: token[0] ?? 0 }
}
