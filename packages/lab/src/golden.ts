// Golden vectors and differential records against this build.
export { conform } from './conform.ts'
export { countSteps, countVectors, type FidelityCounts, fidelityPage, vectorSource } from './fidelity.ts'
export { GOLDEN_ADAPTERS } from './golden-adapters.ts'
export { failureLines, type VectorReport } from '@dmalab/golden'
export {
  conformRecords,
  isRecordsText,
  parseRecords,
  parseSetups,
  recordsDetails,
  type RecordsOptions,
  type RecordsReport,
  recordsSummary,
  type Setups,
  stepLines,
} from '@dmalab/runner/differential'
