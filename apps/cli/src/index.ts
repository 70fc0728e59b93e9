// The library: what @dmalab/lab exports, and what the commands do without oclif.
export { BUILT_IN, FOUNDING_BOARD, FOUNDING_KERNELS, FOUNDING_LINE } from '@dmalab/lab'
export { type InstalledPlugin, openLaboratory, openRegistry, planFor, type PluginSources } from '@dmalab/lab/node'
export { conform, type ConformOptions, type ConformReport } from './conform.ts'
export { exitCodeFor, runScenario, type ScenarioRequest } from './run-scenario.ts'
