// Plug-ins that lie in files, added to the built-in ones.
import { type InputError, isInputError } from '@dmalab/api'
import { compileHot } from '@dmalab/hot'
import type { Registry, RunParts } from '@dmalab/runner'
import { loadPlugin } from '@dmalab/runner/node'
import { HOST_FILES } from './host-files.ts'
import { openRegistry as openBuiltIn } from './laboratory.ts'

export interface InstalledPlugin {
  /** Package name. */
  readonly name: string
  /** Folder of its package.json. */
  readonly root: string
}

export interface PluginSources {
  /** Files and folders with a package.json, in order. */
  readonly given?: readonly string[]
  readonly installed?: readonly InstalledPlugin[]
  /** Told of an installed plug-in that cannot be used; it is left out. */
  readonly onBroken?: (name: string, error: InputError) => void
}

/**
 * Built-in plug-ins and boards, then what is installed, then what was given, in order. An installed plug-in that cannot be used is
 * reported and left out; a given one ends the command.
 * @throws InputError for a given plug-in that cannot be used
 */
export const openRegistry = async (sources: PluginSources = {}): Promise<Registry> => {
  const registry = openBuiltIn()
  for (const { name, root } of sources.installed ?? [])
    try {
      registry.add(await loadPlugin(root, name), { file: name })
    } catch (e) {
      if (!isInputError(e)) throw e
      sources.onBroken?.(name, e)
    }
  for (const path of sources.given ?? []) registry.add(await loadPlugin(path), { file: path })
  return registry
}

/** @throws InputError as openRegistry does */
export const openLaboratory = async (sources: PluginSources = {}): Promise<RunParts> => ({
  registry: await openRegistry(sources),
  module: await compileHot(),
  files: HOST_FILES,
})
