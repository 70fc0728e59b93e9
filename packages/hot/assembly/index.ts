// Exports of the module, by file. A new file adds a line here.
export { layoutVersion, configure } from './config'
export { heapReset, frameTake } from './heap'
export { tableTake, tableGive } from './io-pgtable-heap'
export { ioOpen, ioClose, ioMapPages, ioUnmapPages, ioIovaToPhys, ioWalk, ioReadDirty } from './io-pgtable'
