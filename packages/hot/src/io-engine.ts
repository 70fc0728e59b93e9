// The binding of the IOMMU engine: the one place that reads its state, its event log and its 64-bit results.
import * as P from '../assembly/shared/io-pgtable-layout.ts'
import type { Exports } from './module.ts'

/** An unsigned 64-bit value at the edge: numbers below 2^53, bigint above. */
export type U64 = number | bigint

export const high32 = (x: U64): number =>
  typeof x === 'bigint' ? Number((x >> 32n) & 0xffff_ffffn) : Math.floor(x / 2 ** 32) >>> 0
export const low32 = (x: U64): number => (typeof x === 'bigint' ? Number(x & 0xffff_ffffn) : x >>> 0)

/** Does a value cross the boundary as a number, which takes the engine two instructions, and a pair of words some twenty? */
export const isQuick = (x: U64): x is number => typeof x === 'number' && x >= 0 && x < 2 ** 52

/** One entry of the event log; what a, b, c and d mean depends on the kind (io-pgtable-layout.ts). */
export interface LogRecord {
  readonly kind: number
  readonly count: number
  readonly a: bigint
  readonly b: bigint
  readonly c: bigint
  readonly d: bigint
}

export class IoEngine {
  /** For the bindings of this package. */
  readonly wasm: Exports
  private words: Uint32Array
  private data: DataView

  constructor(wasm: Exports) {
    this.wasm = wasm
    this.words = new Uint32Array(wasm.memory.buffer)
    this.data = new DataView(wasm.memory.buffer)
  }

  /** Made anew after the memory grew. */
  get view(): DataView {
    if (this.words.length === 0) this.renew()
    return this.data
  }

  /** The u64 that the last call left, as a number: exact below 2^53, and above for values with enough trailing zeros. */
  get result(): number {
    return this.number((P.IO_BASE + P.IO_RESULT) / 4)
  }

  /** The low word of that. */
  get resultLow(): number {
    return this.word(P.IO_BASE + P.IO_RESULT)
  }

  /** The second u64 of calls that leave two. */
  get result2(): number {
    return this.number((P.IO_BASE + P.IO_RESULT_2) / 4)
  }

  get resultBig(): bigint {
    return this.view.getBigUint64(P.IO_BASE + P.IO_RESULT, true)
  }

  get result2Big(): bigint {
    return this.view.getBigUint64(P.IO_BASE + P.IO_RESULT_2, true)
  }

  /** Which kinds of events are logged: 1 << kind each. */
  set logMask(mask: number) {
    if (this.words.length === 0) this.renew()
    this.words[(P.IO_BASE + P.IO_LOG_MASK) / 4] = mask
  }

  get logMask(): number {
    return this.word(P.IO_BASE + P.IO_LOG_MASK)
  }

  get logCount(): number {
    return this.word(P.IO_BASE + P.IO_LOG_COUNT)
  }

  /** Takes the events logged since the last call. */
  takeLog(): LogRecord[] {
    const view = this.view
    const count = this.logCount
    const base = view.getUint32(P.IO_BASE + P.IO_LOG, true)
    view.setUint32(P.IO_BASE + P.IO_LOG_COUNT, 0, true)
    return Array.from({ length: count }, (_, i) => {
      const at = base + i * P.LOG_STRIDE
      return {
        kind: view.getUint32(at + P.LOG_KIND, true),
        count: view.getUint32(at + P.LOG_COUNT, true),
        a: view.getBigUint64(at + P.LOG_A, true),
        b: view.getBigUint64(at + P.LOG_B, true),
        c: view.getBigUint64(at + P.LOG_C, true),
        d: view.getBigUint64(at + P.LOG_D, true),
      }
    })
  }

  /**
   * As takeLog(), for records of up to three numbers below 2^53: nothing is made for them. `counted` is asked first about records of one
   * kind that follow each other: true, their number was all.
   */
  takeLogNumbers(
    take: (kind: number, a: number, b: number, c: number) => void,
    counted: (kind: number, count: number) => boolean,
  ): void {
    const base = this.word(P.IO_BASE + P.IO_LOG)
    const end = base + this.logCount * P.LOG_STRIDE
    this.words[(P.IO_BASE + P.IO_LOG_COUNT) / 4] = 0
    for (let at = base; at < end;) {
      const kind = this.word(at + P.LOG_KIND)
      let last = at
      while (last + P.LOG_STRIDE < end && this.word(last + P.LOG_STRIDE + P.LOG_KIND) === kind) last += P.LOG_STRIDE
      const wanted = !counted(kind, (last - at) / P.LOG_STRIDE + 1)
      for (; wanted && at <= last; at += P.LOG_STRIDE)
        take(kind, this.number((at + P.LOG_A) / 4), this.number((at + P.LOG_B) / 4), this.number((at + P.LOG_C) / 4))
      at = last + P.LOG_STRIDE
    }
  }

  /** Takes the number of kernel warnings raised since the last call. */
  takeWarnings(): number {
    const view = this.view
    const count = view.getUint32(P.IO_BASE + P.IO_WARNINGS, true)
    view.setUint32(P.IO_BASE + P.IO_WARNINGS, 0, true)
    return count
  }

  /** The u64 at a word. Words are read several times faster than through a DataView, and asking the memory for its buffer costs more than either. */
  private number(word: number): number {
    if (this.words.length === 0) this.renew()
    return this.words[word + 1]! * 2 ** 32 + this.words[word]!
  }

  private word(at: number): number {
    if (this.words.length === 0) this.renew()
    return this.words[at / 4]!
  }

  private renew(): void {
    this.words = new Uint32Array(this.wasm.memory.buffer)
    this.data = new DataView(this.wasm.memory.buffer)
  }
}
