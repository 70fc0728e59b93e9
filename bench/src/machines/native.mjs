// The engine as compiled code behind the same methods; loops of short calls run inside it.
import { WasmMachine } from './wasm.mjs'

export class NativeMachine extends WasmMachine {
  constructor(native, base, pages) {
    super(native.module, base, pages)
    this.loops = native.loops
  }

  cleanTimes(at, len, times) {
    this.loops.cleanTimes(at, len, times)
    return { lines: this.hot.lines, writtenBack: this.hot.writtenBack }
  }

  mapSgTimes(list, device, times) {
    const last = this.mapSg(list, device)
    this.loops.walkSgTimes(times - 1)
    return last
  }
}
