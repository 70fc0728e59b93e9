// The views of memory, and what the engine calls them.
import * as L from '../assembly/shared/layout.ts'

/**
 * Who looks at memory. `memory`: DRAM, as a device that does not snoop or an uncached CPU mapping; `cpu`: through the caches, with
 * line fills; `snoop`: a coherent device, which reads what the caches hold and takes the lines it writes out of them.
 */
export type View = 'memory' | 'cpu' | 'snoop'

export const VIEWS = { memory: L.VIEW_MEMORY, cpu: L.VIEW_CPU, snoop: L.VIEW_SNOOP } as const
export const UNCACHED_VIEWS = { memory: L.VIEW_MEMORY, cpu: L.VIEW_MEMORY, snoop: L.VIEW_MEMORY } as const
