// One modelled machine's linear memory, and the engine that works on it.
import type { LineSize } from '@dmalab/api'
import { IoEngine } from './io-pgtable-engine.ts'
import { type Exports, instantiate } from './module.ts'

export interface HotConfig {
  /** Bytes of one inner cache line. */
  readonly lineSize: LineSize
  /** 32-bit word that never-written RAM reads as. */
  readonly poison: number
}

export class Hot {
  readonly config: HotConfig
  /** Translation tables and IOVA space. */
  readonly io: IoEngine
  private readonly wasm: Exports

  /** @param module what compileHot() returned */
  constructor(module: WebAssembly.Module, config: HotConfig) {
    this.config = config
    this.wasm = instantiate(module)
    this.wasm.configure(Math.log2(config.lineSize), config.poison)
    this.wasm.heapReset()
    this.io = new IoEngine(this.wasm)
  }
}
