// Every row of the suite: one file each in rows/, found by being there.
//
// row = { name, title, unit, versions: { [version]: { bench, check, open(size) } } }
//   unit      what `work` counts; rates are per unit
//   versions  slowest first; the last one is the product's way
//   bench     size for timing, `check` the common size for the comparison of results
//   open      async; returns { work, before?, run, result, memory? }: units per run, untimed preparation, one run, what came out, and a
//             digest of the engine's memory. `costs`: a function that says what the last run cost, in place of CPU time of this thread.
//             A version called native, or marked so, is given the comparator as well, and left out without.
//   addon     where the native version loops inside the compiled code: { bench, check, open(size, native) }, which is called as the
//             product is, from JavaScript. Measured with the product in a process of its own.
import { readdir } from 'node:fs/promises'

const FOLDER = new URL('rows/', import.meta.url)

/** Files of rows. */
export const rowFiles = async () => (await readdir(FOLDER)).filter((file) => file.endsWith('.mjs')).toSorted()

/**
 * The row of a file; undefined where its data is not here.
 * @param native what openNative() of @dmalab/bench-native returned; undefined: rows go without the compiled comparator
 */
export async function loadRow(file, native) {
  const { row } = await import(new URL(file, FOLDER).href)
  return row === undefined
    ? undefined
    : { ...row, file, versions: withNative(row.versions, native), addon: withAddon(row.addon, native) }
}

/** Rows with `only` in their name. */
export async function loadRows(only = '', native) {
  const rows = await Promise.all((await rowFiles()).map((file) => loadRow(file, native)))
  return rows.filter((row) => row?.name.includes(only))
}

const withAddon = (addon, native) =>
  addon === undefined || native === undefined ? undefined : { ...addon, open: (size) => addon.open(size, native) }

const withNative = (versions, native) =>
  Object.fromEntries(
    Object.entries(versions).flatMap(([name, version]) => {
      if (name !== 'native' && version.native !== true) return [[name, version]]
      return native === undefined ? [] : [[name, { ...version, open: (size) => version.open(size, native) }]]
    }),
  )
