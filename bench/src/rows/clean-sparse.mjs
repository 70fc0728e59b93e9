import { BASE, numbers, PAGE } from '../machines/index.mjs'
import { machineRow } from '../machines/row.mjs'

const LINES_PER_PAGE = 64

export const row = machineRow({
  name: 'clean-sparse',
  title: 'clean a range with 5 % of its lines dirty, scattered',
  unit: 'dirty line',
  pages: { naive: 256, typed: 8192, wasm: 8192 },
  check: 40,
  open(machine, pages) {
    const next = numbers(5)
    const dirty = new Set()
    while (dirty.size < (pages * LINES_PER_PAGE) / 20) dirty.add(next(pages * LINES_PER_PAGE))
    let last
    return {
      work: dirty.size,
      before: () => {
        for (const line of dirty) machine.cpuWriteByte(BASE + line * 64 + (line % 64), 1 + (line % 255))
      },
      run: () => (last = machine.clean(BASE, pages * PAGE)),
      result: () => [last, machine.deviceCompare(BASE, pages * PAGE, 0)],
    }
  },
})
