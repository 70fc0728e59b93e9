// The board of a command, by whatever the user names; `-` is standard input.
import type { Machine } from '@dmalab/api'
import { type Registry, type RunSuggestion, suggestedRun } from '@dmalab/lab'
import {
  boardFor as boardOfBytes,
  type BoardFileOptions,
  boardSpecFor,
  openRegistry,
  type PluginSources,
  pluginSpec,
} from '@dmalab/lab/node'
import { givenBytes } from './files.ts'

/** @throws InputError as boardFor of lab does */
export const boardFor = async (
  registry: Registry,
  reference: string,
  options: Omit<BoardFileOptions, 'given'> = {},
): Promise<Machine> => boardOfBytes(registry, reference, { ...options, given: await givenBytes(reference) })

/** A board, and what to try first on it. @throws InputError as boardFor does */
export const boardAndRun = async (
  reference: string,
  plugins: PluginSources,
  options: Omit<BoardFileOptions, 'given'> = {},
): Promise<{ readonly machine: Machine; readonly suggested: RunSuggestion }> => {
  const registry = await openRegistry(plugins)
  const given = await givenBytes(reference)
  const machine = boardOfBytes(registry, reference, { ...options, given })
  const spec = boardSpecFor(registry, reference, { memory: options.memory, overlays: options.overlays, given })
  return { machine, suggested: suggestedRun(registry, spec, (plugins.given ?? []).map(pluginSpec)) }
}
