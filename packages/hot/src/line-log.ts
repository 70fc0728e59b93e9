// The line log as objects.
import type { PhysAddr } from '@dmalab/api'
import * as L from '../assembly/shared/layout.ts'
import type { LinearMemory } from './linear-memory.ts'

/** One line operation: c clean, i invalidate, ci both; `sync` is the outer cache's drain, without an address of its own. */
export interface LineRecord {
  readonly level: 'inner' | 'outer'
  readonly op: 'c' | 'i' | 'ci' | 'sync'
  readonly at: PhysAddr
}

const OPS = { [L.LOG_CLEAN]: 'c', [L.LOG_INVALIDATE]: 'i', [L.LOG_FLUSH]: 'ci', [L.LOG_SYNC]: 'sync' } as const

/** The records since the log was last switched on. */
export function readLineLog(linear: LinearMemory): LineRecord[] {
  const { u32 } = linear
  const header = (offset: number): number => u32[(L.HEADER_BASE + offset) / 4] ?? 0
  const count = header(L.H_LOG_COUNT)
  const capacity = header(L.H_LOG_CAPACITY)
  if (count > capacity) throw new Error(`the line log holds ${capacity} records, ${count} were written`)
  const base = header(L.H_LOG_SPARE)
  return Array.from({ length: count }, (_, i) => {
    const word = (base + i * L.LOG_STRIDE) / 4
    const low = u32[word] ?? 0
    const high = u32[word + 1] ?? 0
    const op = OPS[(high >>> 24) as keyof typeof OPS]
    return { level: (high & 0x10000) === 0 ? 'inner' : 'outer', op, at: ((high & 0xffff) * 2 ** 32 + low) as PhysAddr }
  })
}
