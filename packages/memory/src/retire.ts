// The end of a machine's memory.
import { retireHot } from '@dmalab/hot'
import type { Memory } from './memory.ts'

/** Nobody uses `memory` any more: its engine is for the machine that is opened next. */
export const retireMemory = (module: WebAssembly.Module, memory: Memory): void => retireHot(module, memory.hot)
