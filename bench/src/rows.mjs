// Every row of the suite: one file each in rows/, found by being there.
//
// row = { name, title, unit, versions: { [version]: { bench, check, open(size) } } }
//   unit      what `work` counts; rates are per unit
//   versions  slowest first; the last one is the product's way
//   bench     size for timing, `check` the common size for the comparison of results
//   open      async; returns { work, before?, run, result }: units per run, untimed preparation, one run, and what came out
import { readdir } from 'node:fs/promises'

export async function loadRows(only) {
  const folder = new URL('rows/', import.meta.url)
  const files = (await readdir(folder)).filter((file) => file.endsWith('.mjs')).toSorted()
  const found = await Promise.all(files.map(async (file) => (await import(new URL(file, folder).href)).row))
  // A row whose data is not here is undefined.
  const rows = found.filter((row) => row !== undefined)
  return only === undefined ? rows : rows.filter(({ name }) => name.includes(only))
}
