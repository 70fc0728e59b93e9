import { BASE, PAGE } from '../machines/index.mjs'
import { machineRow } from '../machines/row.mjs'

export const row = machineRow({
  name: 'frame-pipeline',
  title: 'a frame there and back: CPU writes, clean, device compares; device writes, invalidate, CPU compares',
  unit: 'page',
  pages: { naive: 16, typed: 760, wasm: 760 },
  check: 9,
  open(machine, pages) {
    const len = pages * PAGE
    let seed = 0
    let wrong = 0
    return {
      work: pages,
      run: () => {
        machine.cpuFill(BASE, len, ++seed)
        machine.clean(BASE, len)
        wrong += machine.deviceCompare(BASE, len, seed)
        machine.deviceFill(BASE, len, ++seed)
        machine.invalidate(BASE, len)
        wrong += machine.cpuCompare(BASE, len, seed)
      },
      result: () => [wrong, machine.deviceCompare(BASE, len, seed - 1)],
    }
  },
})
