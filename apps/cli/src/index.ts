// The library face of the CLI: the built-in plug-ins, and what the commands do without oclif.
export { BUILT_IN } from './builtin.ts'
export { conform } from './conform.ts'
export { FOUNDING_BOARD, FOUNDING_KERNELS, FOUNDING_LINE } from './founding.ts'
export { openLaboratory, openRegistry } from './laboratory.ts'
export { planFor } from './plan-for.ts'
export { type InstalledPlugin, type PluginSources } from './plugin-sources.ts'
export { exitCodeFor, runScenario, type ScenarioRequest } from './run-scenario.ts'
