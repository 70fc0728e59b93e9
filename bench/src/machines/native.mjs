// The engine as compiled code behind the same methods; loops of short calls run inside it.
import { WasmMachine } from './wasm.mjs'

export class NativeMachine extends WasmMachine {
  constructor(native, base, pages) {
    super(native.module, base, pages)
    this.loops = native.loops
  }

  cleanTimes(at, len, times) {
    this.loops.cleanTimes(at, len, times)
    const counts = { lines: 0, writtenBack: 0 }
    this.hot.addCounts(counts)
    return counts
  }

  mapSgTimes(list, device, times) {
    const last = this.mapSg(list, device)
    this.loops.walkSgTimes(times - 1)
    return last
  }
}
