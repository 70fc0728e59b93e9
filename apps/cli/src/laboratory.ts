// Everything a command needs to run something: the compiled engine, and the registry with built-in and given plug-ins.
import { compileHot } from '@dmalab/hot'
import { readMachine, shippedBoards } from '@dmalab/machine'
import { createRegistry, type LabParts, loadPlugin, type Registry } from '@dmalab/runner'
import { BUILT_IN } from './builtin.ts'

/** Built-in plug-ins and boards, then those at `paths`, in order. @throws InputError for a plug-in that cannot be used */
export const openRegistry = async (paths: readonly string[] = []): Promise<Registry> => {
  const registry = createRegistry(readMachine, BUILT_IN)
  for (const machine of shippedBoards()) registry.boards.add(machine, 'dmalab')
  for (const path of paths) registry.add(await loadPlugin(path))
  return registry
}

export const openLaboratory = async (paths: readonly string[] = []): Promise<LabParts> => ({
  registry: await openRegistry(paths),
  module: await compileHot(),
})
