// Every row of the suite: one file each in rows/, found by being there.
//
// row = { name, title, unit, versions: { [version]: { bench, check, open(size) } } }
//   unit      what `work` counts; rates are per unit
//   versions  slowest first; the last one is the product's way
//   bench     size for timing, `check` the common size for the comparison of results
//   open      async; returns { work, before?, run, result, memory? }: units per run, untimed preparation, one run, what came out, and a
//             digest of the engine's memory. A version called native, or marked so, is given the comparator as well, and left out without.
import { readdir } from 'node:fs/promises'

/** @param native what openNative() of @dmalab/bench-native returned; undefined: rows go without the compiled comparator */
export async function loadRows(only, native) {
  const folder = new URL('rows/', import.meta.url)
  const files = (await readdir(folder)).filter((file) => file.endsWith('.mjs')).toSorted()
  const found = await Promise.all(files.map(async (file) => (await import(new URL(file, folder).href)).row))
  // A row whose data is not here is undefined.
  const rows = found
    .filter((row) => row !== undefined)
    .map((row) => ({ ...row, versions: withNative(row.versions, native) }))
  return only === undefined ? rows : rows.filter(({ name }) => name.includes(only))
}

const withNative = (versions, native) =>
  Object.fromEntries(
    Object.entries(versions).flatMap(([name, version]) => {
      if (name !== 'native' && version.native !== true) return [[name, version]]
      return native === undefined ? [] : [[name, { ...version, open: (size) => version.open(size, native) }]]
    }),
  )
