// The files that a sweep names, on this computer.
import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { InputError, isInputError, type WorkSpec } from '@dmalab/api'
import { MOST, readWhole } from '@dmalab/api/node'
import type { Registry } from '@dmalab/runner'
import { parsePipeline, readScenario } from '@dmalab/scenario'
import { boardSpecFor, lacksMemory } from './board-file.ts'
import { pluginSpec } from './host-files.ts'
import type { SweepFiles } from './sweep.ts'

/** Files are looked for in `folder`, that of the sweep file; `usualMemory`: of device trees that state none. A board file that a scenario names lies beside the scenario. */
export const sweepFiles = (
  registry: Registry,
  folder: string,
  usualMemory: () => readonly string[] | undefined = () => undefined,
): SweepFiles => {
  const beside = (path: string, base: string): string => (isAbsolute(path) ? path : join(base, path))
  return {
    board: (reference, memory) => {
      if (registry.boards.has(reference)) return reference
      const path = beside(reference, folder)
      if (!IS_TREE.test(path)) return boardSpecFor(registry, path)
      const usual = memory.length === 0 && lacksMemory(path) ? usualMemory() : undefined
      return boardSpecFor(registry, path, { memory: usual ?? memory })
    },
    work: (reference) => {
      if (!IS_SCENARIO.test(reference)) {
        checkLine(reference)
        return { work: { line: reference } }
      }
      const path = beside(reference, folder)
      const text = readFile(path)
      const { board } = readScenario(text, path)
      const work: WorkSpec = { scenario: text, file: path }
      if (board === undefined) return { work }
      return { work, board: IS_FILE.test(board) ? beside(board, dirname(path)) : board }
    },
    plugin: (path) => pluginSpec(beside(path, folder)),
  }
}

/** @throws InputError for a word that is no pipeline and leads to something: a file is known by its suffix only */
export const checkLine = (word: string): void => {
  if (/\s/.test(word) || !existsSync(word)) return
  try {
    parsePipeline(word)
  } catch (error) {
    if (!isInputError(error)) throw error
    throw new InputError(
      'this is no pipeline, and no scenario by its name',
      { file: word },
      `a scenario file ends in .yaml or .json; what else a file tells, says: dmalab diagnose ${word}`,
    )
  }
}

const IS_TREE = /\.(dtb|dts|fdt)$/
const IS_SCENARIO = /\.(ya?ml|json)$/
const IS_FILE = /\.(ya?ml|dtb)$/

const readFile = (path: string): string => new TextDecoder().decode(readWhole(path, MOST.text))
