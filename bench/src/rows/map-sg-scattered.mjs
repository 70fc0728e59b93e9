import { BASE, numbers, PAGE } from '../machines/index.mjs'
import { machineRow } from '../machines/row.mjs'

export const row = machineRow({
  name: 'map-sg-scattered',
  title: 'map a list of scattered single pages, nothing dirty',
  unit: 'entry',
  pages: { naive: 512, typed: 32768, wasm: 32768 },
  check: 100,
  open(machine, pages) {
    const next = numbers(11)
    const first = BASE / PAGE
    const order = Array.from({ length: pages }, (_, i) => i)
    for (let i = pages - 1; i > 0; i--) {
      const j = next(i + 1)
      ;[order[i], order[j]] = [order[j], order[i]]
    }
    const list = machine.makeList(order.map((page) => [first + page, PAGE]))
    machine.cpuCompare(BASE, pages * PAGE, 0) // every line cached, none dirty
    const device = {
      ranges: [{ firstPfn: first, endPfn: first + pages, busOffset: -0x2000_0000 }],
      skipAttrs: 1024,
      limit: 0xffff_ffff,
    }
    let last
    return {
      work: pages,
      run: () => (last = machine.mapSg(list, device)),
      result: () => [last, order.map((_, i) => machine.dmaOf(list, i))],
    }
  },
})
