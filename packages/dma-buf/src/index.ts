// dma-buf: export, fd, attach, map, fences, CPU access, heaps, udmabuf.
export { createDmaBufCore, type DmaBufCoreParts } from './dma-buf-core.ts'
export { FdTable } from './fd-table.ts'
