// Everything a command needs to run something: the compiled engine, and the registry with built-in, installed and given plug-ins.
import { isInputError } from '@dmalab/api'
import { compileHot } from '@dmalab/hot'
import { readMachine, shippedBoards } from '@dmalab/machine'
import { createRegistry, type LabParts, loadPlugin, type Registry } from '@dmalab/runner'
import { BUILT_IN } from './builtin.ts'
import type { PluginSources } from './plugin-sources.ts'

/**
 * Built-in plug-ins and boards, then what is installed, then what was given, in order. An installed plug-in that cannot be used is
 * reported and left out; a given one ends the command.
 * @throws InputError for a given plug-in that cannot be used
 */
export const openRegistry = async (sources: PluginSources = {}): Promise<Registry> => {
  const registry = createRegistry(readMachine, BUILT_IN)
  for (const machine of shippedBoards()) registry.boards.add(machine, 'dmalab')
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

export const openLaboratory = async (sources: PluginSources = {}): Promise<LabParts> => ({
  registry: await openRegistry(sources),
  module: await compileHot(),
})
