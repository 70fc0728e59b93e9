import { BASE, PAGE } from '../machines/index.mjs'
import { machineRow } from '../machines/row.mjs'

/** Pages of an entry, and of one where results are compared. */
const LONG = 512
const SHORT = 3
/** Calls per run: one alone is no longer than the timer. */
const CALLS = 100

export const row = machineRow({
  name: 'map-sg-long',
  title: 'map a list of 64 long entries, nothing dirty',
  unit: 'entry',
  pages: { naive: LONG, typed: 64 * LONG, wasm: 64 * LONG },
  calls: true,
  check: 64 * SHORT,
  open(machine, pages) {
    const each = pages % LONG === 0 ? LONG : SHORT
    const entries = pages / each
    const list = machine.makeList(Array.from({ length: entries }, (_, i) => [BASE / PAGE + i * each, each * PAGE]))
    machine.cpuCompare(BASE, pages * PAGE, 0) // every line cached, none dirty
    const device = {
      ranges: [{ firstPfn: BASE / PAGE, endPfn: BASE / PAGE + pages, busOffset: 0x1_0000_0000 }],
      skipAttrs: 1024,
      limit: 2 ** 40 - 1,
    }
    let last
    return {
      work: entries * CALLS,
      run: () => (last = machine.mapSgTimes(list, device, CALLS)),
      result: () => [last, Array.from({ length: entries }, (_, i) => machine.dmaOf(list, i))],
    }
  },
})
