// Differential records: programs that real kernels ran, run on the model.
export {
  conformRecords,
  type Difference,
  type NotRun,
  type ProgramEnd,
  type RecordsOptions,
  type RecordsReport,
} from './conform-records.ts'
export type { Observation } from './language.ts'
export { isRecordsText, parseRecords, type ProgramRecord } from './records.ts'
export { recordsDetails, recordsSummary, stepLines } from './records-text.ts'
export { parseSetups, type Setups } from './setups.ts'
