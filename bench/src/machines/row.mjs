// A row that does the same work on the three machines.
import { MAKERS } from './index.mjs'

/**
 * name, title, unit  see rows.mjs
 * pages     machine size per version for timing (compiled code's is the product's), `check` for the comparison of results
 * open      (machine, pages) => { work, before?, run, result }
 */
export function machineRow({ name, title, unit, pages, check, open }) {
  const version = (make, bench) => ({
    bench,
    check,
    async open(size, native) {
      const machine = await make(size, native)
      return { ...open(machine, size), memory: machine.memory?.() }
    },
  })
  const bench = { ...pages, native: pages.wasm }
  const versions = Object.fromEntries(Object.entries(MAKERS).map(([key, make]) => [key, version(make, bench[key])]))
  return { name, title, unit, versions }
}
