import { BASE, PAGE } from '../machines/index.mjs'
import { machineRow } from '../machines/row.mjs'

/** Calls per run: one alone is no longer than the timer. */
const CALLS = 100

export const row = machineRow({
  name: 'clean-clean',
  title: 'clean a range without a dirty line',
  unit: 'page',
  pages: { naive: 32, typed: 32768, wasm: 3 * 2 ** 18 }, // 3 GiB: a short range is no longer than the call
  calls: true,
  check: 70,
  open(machine, pages) {
    machine.cpuCompare(BASE, pages * PAGE, 0) // every line cached, none dirty
    let last
    return {
      work: pages * CALLS,
      run: () => (last = machine.cleanTimes(BASE, pages * PAGE, CALLS)),
      result: () => last,
    }
  },
})
