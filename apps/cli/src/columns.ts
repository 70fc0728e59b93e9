// How wide what is printed may be.
import { COLUMNS, LEAST_COLUMNS } from '@dmalab/report'

/** Columns of the terminal; of a pipe, those of the widest text. */
export const columnsOf = (env: NodeJS.ProcessEnv, { isTTY, columns }: NodeJS.WriteStream): number => {
  const asked = Number(env['COLUMNS'] ?? 0)
  const wide = asked > 0 ? asked : isTTY ? columns : COLUMNS
  return Math.min(Math.max(wide, LEAST_COLUMNS), COLUMNS)
}
