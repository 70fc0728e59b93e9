// What needs Node: plug-ins and pipelines that name files.
export { planFor } from './plan-for.ts'
export { type InstalledPlugin, openLaboratory, openRegistry, type PluginSources } from './plugin-sources.ts'
