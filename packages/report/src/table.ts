// Tables for a terminal.
import Table from 'cli-table3'

/** cli-table3 colours heads and borders even where NO_COLOR is set, unless told not to. No lines between rows. */
const STYLE = {
  style: { head: [], border: [] },
  chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
}

/** cli-table3 takes time with the square of the rows; no board has so many. */
const MOST_ROWS = 300

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const drawn = new Table({ head: [...head], ...STYLE })
  for (const row of rows.slice(0, MOST_ROWS)) drawn.push([...row])
  const more = rows.length - MOST_ROWS
  return more > 0 ? `${drawn.toString()}\n${more} more rows (--json has all)` : drawn.toString()
}
