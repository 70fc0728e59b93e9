// What a run may ask of the computer it runs on. A browser has nothing to give.
import { InputError, type Plugin, type PluginSpec } from '@dmalab/api'
import type { LabParts } from './lab.ts'
import type { ReadFile } from './plan-pipeline.ts'

export interface HostFiles {
  /** A file that a pipeline names (filesrc location=...); undefined when it is not there. */
  readonly readFile: ReadFile
  /** @throws InputError for a plug-in that cannot be used, and for one that has changed since the spec was written */
  loadPlugin(spec: PluginSpec): Promise<Plugin>
}

/** No files: pipelines decode seeded bytes, and plug-ins are refused. */
export const NO_FILES: HostFiles = {
  readFile: () => undefined,
  loadPlugin: ({ path }) =>
    Promise.reject(new InputError(`plug-in ${path} is a file, and there are no files here`, { path: 'plugins' })),
}

/** What runs are made of: engine, registry, files. */
export interface RunParts extends LabParts {
  readonly files: HostFiles
}

/** The same parts with plug-ins added; the given registry stays as it is. @throws InputError as loadPlugin and Registry.add do */
export const withPlugins = async (parts: RunParts, plugins: readonly PluginSpec[]): Promise<RunParts> => {
  if (plugins.length === 0) return parts
  const registry = parts.registry.copy()
  for (const spec of plugins) registry.add(await parts.files.loadPlugin(spec), { file: spec.path })
  return { ...parts, registry }
}
