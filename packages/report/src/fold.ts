// Long lists in lines of a terminal.

/** Columns of the narrowest terminal that people use beside a wide one. */
const COLUMNS = 99

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

/** A line in lines of words; what follows the first stands in by four more blanks. Colours take no room. */
export const foldLine = (line: string, columns = COLUMNS): readonly string[] => {
  if (widthOf(line) <= columns) return [line]
  const [margin = ''] = /^ */.exec(line) ?? []
  const lines: string[] = []
  let now = margin
  for (const word of line.slice(margin.length).split(' ')) {
    const joined = now.trim() === '' ? now + word : `${now} ${word}`
    if (widthOf(joined) <= columns || now.trim() === '') now = joined
    else {
      lines.push(now)
      now = `${margin}    ${word}`
    }
  }
  return [...lines, now]
}

// eslint-disable-next-line no-control-regex -- colours begin with the control character ESC
const widthOf = (text: string): number => text.replaceAll(/\u001B\[[0-9;]*m/g, '').length
