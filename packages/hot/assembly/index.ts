// Exports of the module, by file. A new file adds a line here.
export { layoutVersion, configure } from './config'
export { heapReset, frameTake } from './heap'
