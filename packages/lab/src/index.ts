// What a library user imports: everything that dmalab can do, with the built-in plug-ins and boards. Runs in Node and in browsers.
export { BUILT_IN } from './builtin.ts'
export { checkLog, foundSomething, type ReadLog } from './check.ts'
export { FOUNDING_BOARD, FOUNDING_KERNELS, FOUNDING_LINE, FOUNDING_STORY } from './founding.ts'
export { openLaboratory, openRegistry } from './laboratory.ts'
