// A row that does the same work on the three machines.
import { MAKERS } from './index.mjs'

/**
 * name, title, unit  see rows.mjs
 * pages     machine size per version for timing, `check` for the comparison of results
 * open      (machine, pages) => { work, before?, run, result }
 */
export function machineRow({ name, title, unit, pages, check, open }) {
  const version = (make, bench) => ({ bench, check, open: async (size) => open(await make(size), size) })
  const versions = Object.fromEntries(Object.entries(MAKERS).map(([key, make]) => [key, version(make, pages[key])]))
  return { name, title, unit, versions }
}
