import { BASE, PAGE } from '../machines/index.mjs'
import { machineRow } from '../machines/row.mjs'

const ENTRIES = 64
/** Calls per run: one alone is no longer than the timer. */
const CALLS = 100

export const row = machineRow({
  name: 'map-sg-long',
  title: 'map a list of 64 long entries, nothing dirty',
  unit: 'entry',
  pages: { naive: 64 * 2, typed: 64 * 512, wasm: 64 * 512 },
  calls: true,
  check: 64 * 3,
  open(machine, pages) {
    const each = pages / ENTRIES
    const list = machine.makeList(Array.from({ length: ENTRIES }, (_, i) => [BASE / PAGE + i * each, each * PAGE]))
    machine.cpuCompare(BASE, pages * PAGE, 0) // every line cached, none dirty
    const device = {
      ranges: [{ firstPfn: BASE / PAGE, endPfn: BASE / PAGE + pages, busOffset: 0x1_0000_0000 }],
      skipAttrs: 1024,
      limit: 2 ** 40 - 1,
    }
    let last
    return {
      work: ENTRIES * CALLS,
      run: () => (last = machine.mapSgTimes(list, device, CALLS)),
      result: () => [last, Array.from({ length: ENTRIES }, (_, i) => machine.dmaOf(list, i))],
    }
  },
})
