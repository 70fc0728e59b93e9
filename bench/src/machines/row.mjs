// A row that does the same work on the three machines.
import { BASE, MAKERS } from './index.mjs'
import { WasmMachine } from './wasm.mjs'

/**
 * name, title, unit  see rows.mjs
 * pages     machine size per version for timing (compiled code's is the product's), `check` for the comparison of results
 * calls     its native version loops inside the compiled code: an addon that is called is compared as well
 * open      (machine, pages) => { work, before?, run, result }
 */
export function machineRow({ name, title, unit, pages, check, calls = false, open }) {
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
  const addon = calls ? version((size, native) => new WasmMachine(native.module, BASE, size), bench.wasm) : undefined
  return { name, title, unit, versions, addon }
}
