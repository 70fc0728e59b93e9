// The DMA API room: devices with their pools, scatterlists, the functions that drivers call, and the choice of op table per device.
export { type DmaApi, type DmaApiOptions, openDmaApi } from './open.ts'
export { CoherentPool, type CoherentPoolInit, type PoolBlock } from './coherent-pool.ts'
export { tableCalls } from './patched-table.ts'
export { Injector } from './injector.ts'
export { DeviceBusView } from './bus-view.ts'
export { chunkSizes, entriesPerChunk, scatterlistSize, type ScatterlistLayout } from './sg-layout.ts'
