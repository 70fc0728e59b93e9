// The scenario files of this repository, as requests that an opened laboratory runs.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Machine } from '@dmalab/api'
import type { RunRequest } from '@dmalab/lab'
import { openBoard } from '@dmalab/machine/node'

const FOLDER = join(import.meta.dirname, '../../scenarios')

export const scenarioFiles: readonly string[] = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'))

/** A small picture, where the scenario is a pipeline. */
/** A board of the scenarios. */
export const scenarioBoard = (file: string): Machine => openBoard(join(FOLDER, 'boards', file))

export const requestOf = (file: string): RunRequest => {
  const scenario = readFileSync(join(FOLDER, file), 'utf8')
  const board = /^board: (\S+\.yaml)$/m.exec(scenario)?.[1]
  return {
    work: { scenario, file },
    ...(board === undefined ? {} : { board: openBoard(join(FOLDER, board)) }),
    frames: 2,
    buffers: 2,
    size: '64x32',
  }
}
