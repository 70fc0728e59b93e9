// The core memory model: regions, struct-page map, kernel mappings, caches, device access and translation.
export { Memory, type MemoryOptions } from './memory.ts'
export { KernelStack } from './kernel-stack.ts'
export { SimulatedOops, isSimulatedOops, type Fault } from './oops.ts'
export { type BusRun, type BusView } from './device-bus.ts'
export { layOut, type Layout } from './layout.ts'
export { lineWork, type CountedCacheOps } from './cache-ops.ts'
export { Intervals, type Interval } from './intervals.ts'
export { type Written } from './owners.ts'
