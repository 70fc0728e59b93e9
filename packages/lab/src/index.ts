// What a library user imports: everything that dmalab can do, with the built-in plug-ins and boards. Runs in Node and in browsers.
import type { KernelList } from '@dmalab/runner'
import { listKernels } from '@dmalab/runner'
import { openLaboratory, openRegistry } from './laboratory.ts'
import { runsWith } from './run.ts'

export { BUILT_IN } from './builtin.ts'
export { check, checkLog, foundSomething, kernelLines, type ReadLog } from './check.ts'
export { diagnose, readBundle } from './diagnose.ts'
export { everyName, explain, type Explained, explainLog } from './explain.ts'
export { explainDefect, explore, exploreRequest, type ExploreWork, type LabExploreControl } from './explore.ts'
export { FOUNDING_BOARD, FOUNDING_KERNELS, FOUNDING_LINE, FOUNDING_STORY, foundingLine } from './founding.ts'
export { openLaboratory, openRegistry } from './laboratory.ts'
export { bootMemory, type KernelOnMachine, type MapBenchmarkRequest, measureMaps, replay } from './measure.ts'
export { type ModelledOperations, modelledOperations } from './modelled-operations.ts'
export { readBoard } from './read-board.ts'
export { kernelFor, type RunRequest, specOf, usualKernelFor, usualSpec } from './request.ts'
export type { LabControl } from './run.ts'
export { type RunSuggestion, suggestedRun } from './suggested-run.ts'
export { NOTHING_USUAL, type Usual } from './usual.ts'
export { type GivenFile, openFiles, type Opened, suggestion } from './view/open-files.ts'
export { viewDiagnosis, viewExploration, viewSweep, viewTrace } from './view/view-others.ts'
export { type ViewOptions, viewRuns } from './view/view-runs.ts'
export { type LabSweepControl, planOf, sweep, type SweepFiles } from './sweep.ts'
export { explainCode, explainedCodes } from '@dmalab/checker'
export { type BundleParts, type Input, inputOf, type InputTools, recordScript } from '@dmalab/diagnose'
export { createKlogReader, kernelMessages } from '@dmalab/klog'
export {
  archOfDtb,
  type BoardOptions,
  boardYaml,
  type DebianArch,
  describeBoard,
  dmaFacts,
  importBoard,
  importPc,
  isIomem,
  isTreeRoot,
  lintDtb,
  lintMachine,
  machineJsonSchema,
  parseMemory,
  statesMemory,
  STANDARD_INPUT,
  withVirtualDevices,
} from '@dmalab/machine'
export { openSearcher, planExploration, type Searched } from '@dmalab/explore'
export {
  DEFAULT_OPTIONS,
  diffKernels,
  type KernelDiff,
  type KernelList,
  type KernelShow,
  listKernels,
  type ReadEvents,
  type Registry,
  type RunControl,
  type RunHead,
  type RunParts,
  runSpec,
  showKernel,
  withPlugins,
} from '@dmalab/runner'
export {
  checkRunSpec,
  configJsonSchema,
  describeError,
  describePipeline,
  FAMILIAR_ELEMENTS,
  machineOfSpec,
  parseInjections,
  parseKernelOptions,
  parseSize,
  type PipelineDescription,
  PipelineError,
  type Placed,
  readConfig,
  readRunSpec,
  readScenario,
  runSpecJsonSchema,
  scenarioJsonSchema,
  type UserConfig,
} from '@dmalab/scenario'
export {
  type Executor,
  inlineExecutor,
  isSweepText,
  parseShard,
  readSweepReport,
  readSweepSpec,
  runOn,
  runPoint,
  runSweep,
  type SweepPlan,
  sweepChanges,
  sweepJsonSchema,
} from '@dmalab/sweep'
export { createChromeTrace, createFtraceWriter, createReader, createStats } from '@dmalab/trace'

const { run: runHere, compare: compareHere } = runsWith(openLaboratory)

/**
 * Runs work on one kernel, to a verdict; nothing asked for is the founding pipeline.
 * @throws InputError for a request that cannot be meant; the reason of `control.signal` once it is given
 */
export const run = runHere

/** The same work on several kernels, the four of the founding case unless others are named. @throws as run does */
export const compare = compareHere

/** The kernels that can run, and the patches that can be stacked on them. */
export const kernels = (): KernelList => listKernels(openRegistry())
