// The board of a command, by whatever the user names.
import { InputError, type Machine } from '@dmalab/api'
import { type BoardOptions as TreeOptions, parseMemory } from '@dmalab/machine'
import { isDeviceTree, openBoard } from '@dmalab/machine/node'
import type { Registry } from '@dmalab/runner'
import { givenBytes } from './files.ts'

export interface BoardOptions {
  /** What `--memory` says: for a device tree that states none. */
  readonly memory?: readonly string[] | undefined
  readonly arch?: TreeOptions['arch'] | undefined
}

/**
 * A shipped board or one of a plug-in by its name, a board file, or a device tree.
 * @throws InputError for a name that is none of them, a file that is no board, and for options that only a device tree takes
 */
export const boardFor = async (
  { boards }: Registry,
  reference: string,
  { memory = [], arch }: BoardOptions = {},
): Promise<Machine> => {
  const known = boards.has(reference)
  const given = known ? undefined : await givenBytes(reference)
  if (memory.length > 0 && (known || !isDeviceTree(reference, given)))
    throw new InputError(
      `--memory ${memory.join(' ')}: board ${reference} states its memory`,
      {},
      '--memory is for device trees; a copy of the board file may state another size',
    )
  if (known) return boards.get(reference)
  return openBoard(reference, { ...(arch === undefined ? {} : { arch }), ...parseMemory(memory) }, given)
}
