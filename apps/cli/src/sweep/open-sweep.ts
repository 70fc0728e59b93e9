// What a sweep needs besides its points: the laboratory, the plan, known results, and something that runs points.
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { InputError, type SweepSpec } from '@dmalab/api'
import {
  type Executor,
  isSweepText,
  planOf,
  readSweepSpec,
  type Registry,
  type RunParts,
  type RunRequest,
  type SweepPlan,
  withPlugins,
} from '@dmalab/lab'
import {
  boardSpecFor,
  openLaboratory,
  type PluginSources,
  sweepFiles,
  threadExecutor,
  type ThreadOptions,
} from '@dmalab/lab/node'
import { boardOf } from '../board-for.ts'
import type { Defaults } from '../defaults.ts'
import { checkNamedOnce, readText } from '../files.ts'
import type { SweepWorkerData } from './worker.ts'

export interface OpenSweep {
  readonly parts: RunParts
  readonly plan: SweepPlan
}

/** A sweep file among the words, and the others, which are work. @throws InputError for a sweep file that is not alone */
export const readWords = async (
  words: readonly string[],
): Promise<{ readonly base?: SweepSpec; readonly folder: string; readonly work: readonly string[] }> => {
  checkNamedOnce(words)
  const [first] = words
  if (first === undefined || !/^-$|\.(ya?ml|json)$/.test(first)) return { folder: '.', work: words }
  const text = await readText(first)
  if (!isSweepText(text)) {
    if (first === '-')
      throw new InputError('is not a sweep', { file: first }, 'expected sweep: 1, and axes, such as board: [...]')
    return { folder: '.', work: words }
  }
  return { base: readSweepSpec(text, first), folder: first === '-' ? '.' : dirname(first), work: words.slice(1) }
}

/** @throws InputError for anything in it that is not there */
export const openSweep = async (
  spec: SweepSpec,
  folder: string,
  { given: _inSpec, ...installed }: PluginSources,
  defaults: Defaults,
): Promise<OpenSweep> => {
  const parts = await openLaboratory(installed)
  const { registry } = await withPlugins(parts, spec.plugins.map(sweepFiles(parts.registry, folder).plugin))
  const files = sweepFiles(registry, folder, () => defaults.memory())
  return { parts, plan: planOf({ ...parts, registry }, spec, files, await usualOfGrids(spec, registry, defaults)) }
}

/** Board and kernel of the user's configuration, where a grid has no such axis. */
const usualOfGrids = async (
  { grids }: SweepSpec,
  registry: Registry,
  defaults: Defaults,
): Promise<Pick<RunRequest, 'board' | 'usualKernel'>> => {
  const lacks = (axis: 'board' | 'kernel'): boolean => grids.some((grid) => grid[axis] === undefined)
  const kernel = lacks('kernel') ? defaults.kernelSetting(registry)?.value : undefined
  const board =
    lacks('board') && defaults.hasBoard
      ? await boardOf({ board: undefined }, { registry, defaults }, boardSpecFor)
      : undefined
  return {
    ...(board === undefined ? {} : { board }),
    ...(kernel === undefined ? {} : { usualKernel: kernel }),
  }
}

/** Threads of this process, each with a laboratory of its own. `root` is the folder of this package, where the build has put the worker. */
export const threads = (
  root: string,
  { installed = [] }: Pick<PluginSources, 'installed'>,
  limits: Pick<ThreadOptions, 'threads' | 'timeLimit' | 'memoryLimit'>,
): Promise<Executor> => {
  const data: SweepWorkerData = { installed, memoryLimit: limits.memoryLimit }
  return threadExecutor({ ...limits, file: pathToFileURL(join(root, 'build/sweep/worker.js')).href, data })
}
