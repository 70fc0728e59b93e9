// The board of a command, by whatever the user names: a name, a board file, or a device tree.
import { readFileSync } from 'node:fs'
import { type BoardSpec, InputError, type Machine } from '@dmalab/api'
import { type BoardOptions as TreeOptions, parseMemory } from '@dmalab/machine'
import { isDeviceTree, openBoard, readDeviceTree } from '@dmalab/machine/node'
import type { Registry } from '@dmalab/runner'
import { base64Of } from '@dmalab/scenario'

export interface BoardFileOptions {
  /** Memory where a device tree states none: SIZE or SIZE@BASE, once for each bank. */
  readonly memory?: readonly string[] | undefined
  readonly arch?: TreeOptions['arch'] | undefined
  /** The bytes, where `reference` only names them. */
  readonly given?: Uint8Array | undefined
}

/**
 * A shipped board or one of a plug-in by its name, a board file, or a device tree.
 * @throws InputError for an unknown name, a file that is not a board, and for options that only a device tree takes
 */
export const boardFor = (registry: Registry, reference: string, options: BoardFileOptions = {}): Machine => {
  checkMemory(registry, reference, options)
  return registry.boards.has(reference) ? registry.boards.get(reference) : opened(registry, reference, options)
}

/** The same as a RunSpec holds it. @throws InputError as boardFor does */
export const boardSpecFor = (registry: Registry, reference: string, options: BoardFileOptions = {}): BoardSpec => {
  checkMemory(registry, reference, options)
  if (registry.boards.has(reference)) return reference
  const { memory = [], given } = options
  // Reading it here says best what is wrong with it.
  opened(registry, reference, options)
  if (isDeviceTree(reference, given))
    return { dtb: base64Of(readDeviceTree(reference, given)), file: reference, memory, arch: null }
  return { text: new TextDecoder().decode(given ?? readFileSync(reference)), file: reference }
}

const opened = (registry: Registry, reference: string, { memory = [], arch, given }: BoardFileOptions): Machine => {
  const options = { arches: registry.boardArches(), ...(arch === undefined ? {} : { arch }), ...parseMemory(memory) }
  return openBoard(reference, options, given)
}

const checkMemory = ({ boards }: Registry, reference: string, { memory = [], given }: BoardFileOptions): void => {
  if (memory.length > 0 && (boards.has(reference) || !isDeviceTree(reference, given)))
    throw new InputError(
      `--memory ${memory.join(' ')}: board ${reference} states its memory`,
      {},
      '--memory is for device trees; a copy of the board file may state another size',
    )
}
