// Lines of the inner cache, for people who look at them.
import type { PhysAddr } from '@dmalab/api'
import * as L from '../assembly/shared/layout.ts'
import type { LinearMemory } from './linear-memory.ts'

/**
 * What the cache has of the lines that a range touches, as pairs: how many lines, and their LINE_* bits, 0 where it has nothing. Changes no
 * state.
 */
export const readLineRuns = (linear: LinearMemory, lineSize: number, at: PhysAddr, len: number): readonly number[] => {
  const end = Math.ceil((at + len) / lineSize)
  const runs: number[] = []
  for (let line = Math.floor(at / lineSize); line < end;) {
    const count = linear.wasm.lineRuns(line * lineSize, end - line) >>> 0
    for (let i = 0; i < count; i++) {
      const [lines = 0, bits = 0] = linear.u32.subarray(L.STAGE_BASE / 4 + 2 * i, L.STAGE_BASE / 4 + 2 * i + 2)
      runs.push(lines, bits)
      line += lines
    }
  }
  return runs
}
