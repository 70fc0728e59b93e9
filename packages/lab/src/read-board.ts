// A board by its name, or out of what a file of it holds.
import type { BoardSpec, Machine } from '@dmalab/api'
import { type BoardOptions, readBoard as readBytes } from '@dmalab/machine'
import { machineOfSpec } from '@dmalab/scenario'
import { openRegistry } from './laboratory.ts'

/**
 * A shipped board by its name; the bytes of a board file or of a device tree blob, with `file` for messages; or a board as a RunSpec
 * holds it. `options` say what a device tree does not: memory and architecture.
 * @throws InputError for a name that no board has, and for what is not a board, with the place in it
 */
export const readBoard = (board: BoardSpec | Uint8Array, file = 'board', options: BoardOptions = {}): Machine => {
  if (board instanceof Uint8Array) return readBytes(board, file, options)
  return machineOfSpec(board, openRegistry())
}
