// Everything that is needed to run something: the compiled engine, and the registry with built-in plug-ins and shipped boards.
import type { PluginFactory } from '@dmalab/api'
import { compileHot } from '@dmalab/hot'
import { readMachine, shippedBoard, shippedBoardNames } from '@dmalab/machine'
import { createRegistry, NO_FILES, type Registry, type RunParts } from '@dmalab/runner'
import { BUILT_IN } from './builtin.ts'

/**
 * Built-in plug-ins and boards, then the given plug-ins, in order.
 * @throws InputError when a name is taken or a board of a plug-in is bad
 */
export const openRegistry = (plugins: readonly PluginFactory[] = []): Registry => {
  const registry = createRegistry(readMachine, [...BUILT_IN, ...plugins])
  for (const name of shippedBoardNames()) registry.boards.offer(name, 'dmalab', () => shippedBoard(name))
  return registry
}

/** Opened once, it serves any number of runs. @throws InputError as openRegistry does */
export const openLaboratory = async (plugins: readonly PluginFactory[] = []): Promise<RunParts> => ({
  registry: openRegistry(plugins),
  module: await compileHot(),
  files: NO_FILES,
})
