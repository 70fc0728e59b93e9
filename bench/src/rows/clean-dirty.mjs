import { BASE, PAGE } from '../machines/index.mjs'
import { machineRow } from '../machines/row.mjs'

export const row = machineRow({
  name: 'clean-dirty',
  title: 'clean a frame with every line dirty',
  unit: 'page',
  pages: { naive: 64, typed: 760, wasm: 760 }, // 3.1 MB: one NV12 frame of 1920x1080
  check: 35,
  open(machine, pages) {
    let seed = 0
    let last
    return {
      work: pages,
      before: () => machine.cpuFill(BASE, pages * PAGE, ++seed),
      run: () => (last = machine.clean(BASE, pages * PAGE)),
      result: () => [last, machine.deviceCompare(BASE, pages * PAGE, seed)],
    }
  },
})
