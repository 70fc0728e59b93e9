// Long lines in lines of a terminal.

/** Columns of the narrowest terminal that people use beside a wide one. */
export const COLUMNS = 99
/** Narrower than that, words stand in the way of each other. */
export const LEAST_COLUMNS = 40

/** `first` and the items, with commas; further lines stand in by four more blanks than the first. */
export const foldList = (first: string, items: readonly string[], columns = COLUMNS): readonly string[] => {
  const indent = ' '.repeat(first.length - first.trimStart().length + 4)
  const lines = [first]
  for (const [i, item] of items.entries()) {
    const text = i < items.length - 1 ? `${item}, ` : item
    const line = lines.at(-1) ?? ''
    if (line.length + text.trimEnd().length <= columns || line.trim() === '') lines[lines.length - 1] = line + text
    else lines.push(indent + text)
  }
  return lines.map((line) => line.trimEnd())
}

/** Blanks by which what follows the first line stands in. */
const HANG = 4
/** Where the first line is an item, text stands below text. */
const ITEM = '- '

/** A line in lines of words; what follows the first stands in by `hang` more blanks. Colours take no room. */
export const foldLine = (line: string, columns = COLUMNS, hang = HANG): readonly string[] => {
  if (widthOf(line) <= columns) return [line]
  const bare = plain(line)
  const margin = bare.slice(0, bare.length - bare.trimStart().length)
  const next = margin + ' '.repeat(bare.startsWith(ITEM, margin.length) ? Math.max(hang, ITEM.length) : hang)
  const [first = '', ...words] = line.split(' ')
  const lines: string[] = []
  let now = first
  for (const word of words) {
    const joined = `${now} ${word}`
    if (widthOf(joined) <= columns || isBlank(now)) now = joined
    else {
      lines.push(now.trimEnd())
      now = next + word
    }
  }
  return [...lines, now]
}

/** Every line of a text but those that are taken as they stand: commands to copy, drawn tables, and a line with a caret under it. */
export const foldText = (text: string, columns = COLUMNS, hang = HANG): string =>
  text
    .split('\n')
    .flatMap((line) => (STANDS.test(plain(line)) ? [line] : foldLine(line, columns, hang)))
    .join('\n')

/** A command may stand behind a few words and a colon; what stands far in is a line that a kernel prints. */
const STANDS = /^\s*(?:[^:]{0,60}: )?(?:printf .* \| )?(?:dmalab|npm start --) |[│┌├└]|^ *\d* \| |^ {10}/

/** Without colours. */
export const plain = (text: string): string =>
  // eslint-disable-next-line no-control-regex -- colours begin with the control character ESC
  text.replaceAll(/\u001B\[[0-9;]*m/g, '')

export const widthOf = (text: string): number => plain(text).length

const isBlank = (text: string): boolean => plain(text).trim() === ''
