// dma-buf: export, fd, attach, map, fences, CPU access, heaps, udmabuf.
export { createDmaBufCore, type DmaBufCoreParts } from './dma-buf-core.ts'
export type { DebugTablesParts } from './debug-tables.ts'
export { FdTable } from './fd-table.ts'
export { cmaHeap, type Heap, systemHeap } from './heaps.ts'
export { createDumbBuffer } from './dumb-buffer.ts'
export { createDeviceMemoryBuf } from './phys-vec.ts'
export { createUdmabuf } from './udmabuf.ts'
