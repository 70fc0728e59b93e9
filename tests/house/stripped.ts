// The code of a TypeScript file without its comments, and without its texts.

const COMMENT = /\/\/[^\n]*|\/\*[^]*?\*\//y
const TEXT = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/y
/** From a backtick, or from the brace that ends `${`, to the next of either kind. */
const TEMPLATE = /[`}](?:\\[^]|[^`\\$]|\$(?!\{))*(?:`|\$\{)/y
const REGEX = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y
/** What stands before an expression, and so before a regular expression, not before a division. */
const BEFORE_EXPRESSION = /(?:^|[=(,:[!&|?{};+]|=>|\b(?:return|case|of|in))\s*$/

/** Blanks comments, and unless `quotes` is set what stands in quotes and regular expressions; lines stay where they are. */
export const stripped = (text: string, quotes: boolean): string => {
  const found = (pattern: RegExp, at: number): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0]
  }
  const pieces: string[] = []
  let last = ''
  /** Braces that are open inside each `${`, innermost last. */
  const depths: number[] = []

  for (let at = 0; at < text.length;) {
    const char = text.charAt(at)
    const depth = depths.at(-1)
    const resumes = char === '}' && depth === 0
    const comment = char === '/' ? found(COMMENT, at) : undefined
    const literal = char === '`' || resumes ? found(TEMPLATE, at) : found(TEXT, at)
    const regex = comment === undefined && char === '/' && BEFORE_EXPRESSION.test(last) ? found(REGEX, at) : undefined
    if (resumes) depths.pop()
    if (literal?.endsWith('${') === true) depths.push(0)
    if (depth !== undefined && !resumes && char === '{') depths[depths.length - 1] = depth + 1
    if (depth !== undefined && !resumes && char === '}') depths[depths.length - 1] = depth - 1

    const whole = comment ?? literal ?? regex ?? char
    const kept = comment === undefined && (quotes || (literal === undefined && regex === undefined))
    const piece = kept
      ? whole
      : literal === undefined
        ? blank(whole)
        : `${char}${blank(whole.slice(1, -1))}${whole.at(-1)}`
    pieces.push(piece)
    last = (last + piece).slice(-40)
    at += whole.length
  }
  return pieces.join('')
}

const blank = (piece: string): string => piece.replace(/[^\n]/g, ' ')
