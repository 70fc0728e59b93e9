import { BASE, PAGE } from '../machines/index.mjs'
import { machineRow } from '../machines/row.mjs'

/** Calls per run: one alone is no longer than the timer. */
const CALLS = 100
/** 3 GiB: a short range is no longer than the call. The same for all that look at summaries, whose work does not grow with each page. */
const PAGES = 3 * 2 ** 18

export const row = machineRow({
  name: 'clean-clean',
  title: 'clean a range without a dirty line',
  unit: 'page',
  pages: { naive: 32, typed: PAGES, wasm: PAGES },
  calls: true,
  check: 70,
  open(machine, pages) {
    machine.readZeros(BASE, pages * PAGE)
    let last
    return {
      work: pages * CALLS,
      run: () => (last = machine.cleanTimes(BASE, pages * PAGE, CALLS)),
      result: () => last,
    }
  },
})
