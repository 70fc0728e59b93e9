// Golden vectors against this build.
export { conform } from './conform.ts'
export { GOLDEN_ADAPTERS } from './golden-adapters.ts'
