// The engine: @dmalab/hot as the product uses it.
import { compileHot, Hot } from '@dmalab/hot'
import { memoryOf } from './memory.mjs'

/** Machines up to 256 MiB have frames from the start. */
const FRAMES = 2 ** 16

export class WasmMachine {
  static async make(base, pages) {
    return new WasmMachine(await compileHot(), base, pages)
  }

  constructor(compiled, base, pages) {
    this.hot = new Hot(compiled, { lineSize: 64, poison: 0 })
    // What was never written reads as zero: a machine of gigabytes does without frames.
    if (pages <= FRAMES) this.hot.set('memory', base, pages * 4096, 0)
    this.byte = new Uint8Array(1)
  }

  cpuWriteByte(at, byte) {
    this.byte[0] = byte
    this.hot.write('cpu', at, this.byte)
  }

  cpuFill(at, len, seed) {
    this.hot.fill('cpu', at, len, seed)
  }

  cpuCompare(at, len, seed) {
    return this.hot.compare('cpu', at, len, seed).wrong
  }

  /** The CPU reads a whole range that was never written: all lines are valid, none is dirty. */
  readZeros(at, len) {
    this.cpuCompare(at, len, 0)
  }

  deviceFill(at, len, seed) {
    this.hot.fill('memory', at, len, seed)
  }

  deviceCompare(at, len, seed) {
    return this.hot.compare('memory', at, len, seed).wrong
  }

  clean(at, len) {
    return this.hot.clean(at, len)
  }

  cleanTimes(at, len, times) {
    let last
    for (let i = 0; i < times; i++) last = this.hot.clean(at, len)
    return last
  }

  invalidate(at, len) {
    this.hot.invalidate(at, len)
  }

  makeList(entries) {
    const handle = this.hot.sg.alloc(entries.length)
    entries.forEach(([pfn, length], i) => this.hot.sg.setPage(handle, i, { kind: 'page', pfn }, length, 0))
    return { handle, count: entries.length }
  }

  mapSg({ handle, count }, { ranges, skipAttrs, limit }) {
    const options = { from: 0, count, maintain: 'clean', side: 'device', ranges, skipAttrs, limit }
    const { lines, writtenBack } = this.hot.sg.map(handle, options)
    return { lines, writtenBack }
  }

  mapSgTimes(list, device, times) {
    let last
    for (let i = 0; i < times; i++) last = this.mapSg(list, device)
    return last
  }

  /** A digest of the linear memory, as a function. */
  memory() {
    return memoryOf(this.hot)
  }

  dmaOf({ handle }, i) {
    const { dmaAddress, dmaLength } = this.hot.sg.entry(handle, i)
    return [dmaAddress, dmaLength]
  }
}
