// Real logs for tests: a few lie here, all of them beside the project where that folder is present.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const HERE = join(import.meta.dirname, 'data')
const BESIDE = join(import.meta.dirname, '../../../../shared/traces')

/** Path of a log, or undefined where it is absent. */
export const logPath = (name: string): string | undefined =>
  [join(HERE, name), join(BESIDE, name)].find((path) => existsSync(path))

/** Rows of a table of the collection, by column name. */
export const table = (name: string): readonly Readonly<Record<string, string>>[] => {
  const [header = [], ...rows] = parseCsv(readFileSync(join(HERE, name), 'utf8'))
  return rows.map((row) => Object.fromEntries(header.map((column, index) => [column, row[index] ?? ''])))
}

const parseCsv = (text: string): readonly (readonly string[])[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
        quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'),
      ),
    )
