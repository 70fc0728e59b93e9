// The library: what @dmalab/lab exports, with the files of this computer, and what the commands do without oclif.
export {
  BUILT_IN,
  check,
  FOUNDING_BOARD,
  FOUNDING_KERNELS,
  FOUNDING_LINE,
  kernels,
  readBoard,
  type LabControl,
  type RunRequest,
  runSpec,
  specOf,
} from '@dmalab/lab'
export { compare, openLaboratory, openRegistry, run } from '@dmalab/lab/node'
export { conform, type ConformOptions, type ConformReport } from './conform.ts'
export { exitCodeFor, runScenario, type ScenarioRequest } from './run-scenario.ts'
