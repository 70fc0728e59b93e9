// The vector engine: runs golden files through the adapters that the rooms export.
export { failureLines } from './failure-text.ts'
export { parseVectors, runVectors, type VectorFailure, type VectorFile, type VectorReport } from './vectors.ts'
export { sameJson } from './same-json.ts'
