// AssemblyScript engine and its binding: the one linear memory of a machine and every per-page loop.
export { compileHot } from './module.ts'
export { Hot, type HotConfig } from './hot.ts'
