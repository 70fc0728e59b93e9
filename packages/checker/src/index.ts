// Checks over the event stream: dma-debug and beyond.
export { builtInRules } from './rules.ts'
export { createChecker, UNBIND_MARKER, type Checker, type CheckerOptions, type CheckReport } from './checker.ts'
export { framedKernelText } from './dma-debug/framed.ts'
export { explainCode, explainedCodes, findingsPage } from './explanations/index.ts'
