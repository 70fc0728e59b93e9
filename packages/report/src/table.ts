// Tables for a terminal.
import Table from 'cli-table3'
import { COLUMNS, widthOf } from './fold.ts'

/** cli-table3 colours heads and borders even where NO_COLOR is set, unless told not to. No lines between rows. */
const STYLE = {
  style: { head: [], border: [] },
  chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
}

/** cli-table3 takes time with the square of the rows; no board has so many. */
const MOST_ROWS = 300
/** Longer words are broken. */
const LONGEST_WORD = 24

/** As wide as its cells, cells in several lines where that is wider than the terminal, and rows as lists where even that does not fit. */
export const table = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number = COLUMNS,
): string => {
  const shown = rows.slice(0, MOST_ROWS)
  const widths = widthsOf(head, shown, columns)
  const drawn = widths === undefined ? asLists(head, shown, columns) : drawnTable(head, shown, widths)
  const more = rows.length - MOST_ROWS
  return more > 0 ? `${drawn}\n${more} more rows (--json has all)` : drawn
}

/** Of each column, with a blank on either side; undefined where the table cannot be so narrow. */
const widthsOf = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number,
): readonly number[] | undefined => {
  const cells = head.map((title, at) => [title, ...rows.map((row) => row[at] ?? '')])
  const widest = (texts: readonly string[]): number => Math.max(...texts.map(widthOf))
  const widths = cells.map((column) => 2 + widest(column.flatMap((cell) => cell.split('\n'))))
  const least = cells.map((column) => 2 + Math.min(LONGEST_WORD, widest(column.flatMap((cell) => cell.split(/\s/)))))
  const room = columns - head.length - 1
  while (widths.reduce((sum, width) => sum + width, 0) > room) {
    const spare = widths.map((width, at) => (width > (least[at] ?? 0) ? width : 0))
    const most = Math.max(...spare)
    if (most === 0) return undefined
    widths[spare.indexOf(most)] = most - 1
  }
  return widths
}

const drawnTable = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
  widths: readonly number[],
): string => {
  const fit = (row: readonly string[]): string[] => row.map((cell, at) => foldCell(cell, (widths[at] ?? 2) - 2))
  const drawn = new Table({ head: fit(head), ...STYLE })
  for (const row of rows) drawn.push(fit(row))
  return drawn.toString()
}

/** Words in lines of a cell; a word that is too long for one is broken. */
const foldCell = (cell: string, width: number): string =>
  cell
    .split('\n')
    .flatMap((line) => {
      if (widthOf(line) <= width) return [line]
      const lines = ['']
      for (const word of line.split(' ').flatMap((each) => pieces(each, width))) {
        const now = lines.at(-1) ?? ''
        if (now === '') lines[lines.length - 1] = word
        else if (widthOf(now) + 1 + widthOf(word) <= width) lines[lines.length - 1] = `${now} ${word}`
        else lines.push(word)
      }
      return lines
    })
    .join('\n')

/** A coloured word is broken nowhere. */
const pieces = (word: string, width: number): readonly string[] =>
  word.length <= width || word.length !== widthOf(word)
    ? [word]
    : [word.slice(0, width), ...pieces(word.slice(width), width)]

/** Colours take no room. */
const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)))

/** A title that a table has in several lines stands in one. */
const asLists = (titles: readonly string[], rows: readonly (readonly string[])[], columns: number): string => {
  const head = titles.map((title) => title.replaceAll('\n', ''))
  const width = Math.max(...head.map(widthOf))
  const room = Math.max(LONGEST_WORD, columns - width - 2)
  return rows
    .map((row) =>
      head
        .flatMap((title, at) =>
          foldCell(row[at] ?? '', room)
            .split('\n')
            .map((line, i) => `${padded(i === 0 ? title : '', width)}  ${line}`.trimEnd()),
        )
        .join('\n'),
    )
    .join('\n\n')
}
