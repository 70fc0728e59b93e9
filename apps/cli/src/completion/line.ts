// The command line up to the cursor, as a shell splits it: finished words, and the one that is being typed.

export interface TypedLine {
  /** Without the program's name. */
  readonly before: readonly string[]
  /** The word at the cursor, without its quotes. */
  readonly current: string
  /** The quote that is open there. */
  readonly quote: '' | '"' | "'"
}

export const splitLine = (line: string): TypedLine => {
  const words: string[] = []
  let word = ''
  let isWord = false
  let quote: TypedLine['quote'] = ''
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at)
    if (quote !== '' && char === quote) quote = ''
    else if (quote === '' && (char === '"' || char === "'")) {
      quote = char
      isWord = true
    } else if (char === '\\' && quote !== "'" && at + 1 < line.length) {
      at += 1
      word += line.charAt(at)
      isWord = true
    } else if (quote === '' && /\s/.test(char)) {
      if (isWord) words.push(word)
      word = ''
      isWord = false
    } else {
      word += char
      isWord = true
    }
  }
  return { before: words.slice(1), current: word, quote }
}
