// What to try first on a board: a pipeline of its own devices, on the usual kernel for it.
import { type BoardSpec, isInputError, type PluginSpec, type RunSpec } from '@dmalab/api'
import type { Registry } from '@dmalab/runner'
import { lineForBoard, machineOfSpec } from '@dmalab/scenario'
import { specOf } from './request.ts'

/** The run, or why no kernel here can run anything on the board. */
export type RunSuggestion = { readonly spec: RunSpec } | { readonly none: string }

/** @throws InputError for a board with a mistake */
export const suggestedRun = (
  registry: Registry,
  board: BoardSpec,
  plugins: readonly PluginSpec[] = [],
  usualKernel?: string,
): RunSuggestion => {
  const { line, bind } = lineForBoard(machineOfSpec(board, registry))
  try {
    return {
      spec: specOf(registry, {
        board,
        work: line,
        bind,
        plugins,
        ...(usualKernel === undefined ? {} : { usualKernel }),
      }),
    }
  } catch (error) {
    if (!isInputError(error)) throw error
    return { none: error.message }
  }
}
