// The board of a command, by whatever the user names: a name, a board file, or a device tree.
import { type BoardSpec, InputError, type Machine } from '@dmalab/api'
import { MOST, readWhole } from '@dmalab/api/node'
import { type BoardOptions as TreeOptions, parseMemory, statesMemory } from '@dmalab/machine'
import { isDeviceTree, openBoard, readDeviceTree, type TreeIn } from '@dmalab/machine/node'
import type { Registry } from '@dmalab/runner'
import { base64Of } from '@dmalab/scenario'

export interface BoardFileOptions {
  /** Memory where a device tree states none: SIZE or SIZE@BASE, once for each bank. */
  readonly memory?: readonly string[] | undefined
  readonly arch?: TreeOptions['arch'] | undefined
  /** Overlays for a device tree, in this order. */
  readonly overlays?: readonly string[] | undefined
  /** The bytes, where `reference` only names them. */
  readonly given?: Uint8Array | undefined
}

/**
 * A shipped board or one of a plug-in by its name, a board file, or a device tree.
 * @throws InputError for an unknown name, a file that is not a board, and for options that only a device tree takes
 */
export const boardFor = (registry: Registry, reference: string, options: BoardFileOptions = {}): Machine => {
  checkTreeOptions(registry, reference, options)
  return registry.boards.has(reference) ? registry.boards.get(reference) : opened(registry, reference, options)
}

/** The same as a RunSpec holds it. @throws InputError as boardFor does */
export const boardSpecFor = (registry: Registry, reference: string, options: BoardFileOptions = {}): BoardSpec => {
  checkTreeOptions(registry, reference, options)
  if (registry.boards.has(reference)) return reference
  const { memory = [], overlays = [], given } = options
  // Reading it here says best what is wrong with it.
  opened(registry, reference, options)
  if (isDeviceTree(reference, given)) return blobOf(readDeviceTree(reference, { given, overlays }), memory, overlays)
  return { text: new TextDecoder().decode(given ?? readWhole(reference, MOST.text)), file: reference }
}

/** A device tree that states no memory. @throws InputError for a tree with a mistake */
export const lacksMemory = (reference: string, options: BoardFileOptions = {}): boolean => {
  const { given, overlays = [], arch } = options
  if (!isDeviceTree(reference, given)) return false
  const { content, file } = readDeviceTree(reference, { given, overlays })
  return !statesMemory(content, { file, ...(arch === undefined ? {} : { arch }) })
}

const blobOf = ({ content, file }: TreeIn, memory: readonly string[], overlays: readonly string[]): BoardSpec => ({
  dtb: base64Of(content),
  file,
  overlays,
  memory,
  arch: null,
})

const opened = (registry: Registry, reference: string, options: BoardFileOptions): Machine => {
  const { memory = [], arch, ...input } = options
  const told = { arches: registry.boardArches(), ...(arch === undefined ? {} : { arch }), ...parseMemory(memory) }
  return openBoard(reference, told, input)
}

/** Flags that only a device tree takes. */
const checkTreeOptions = ({ boards }: Registry, reference: string, options: BoardFileOptions): void => {
  const { memory = [], overlays = [], given } = options
  if (memory.length + overlays.length === 0 || (!boards.has(reference) && isDeviceTree(reference, given))) return
  if (memory.length > 0)
    throw new InputError(
      `--memory ${memory.join(' ')}: board ${reference} states its memory`,
      {},
      '--memory is for device trees; a copy of the board file may state another size',
    )
  throw new InputError(
    `--overlay ${overlays.join(' ')}: board ${reference} is not a device tree`,
    {},
    'overlays are laid over a device tree: give that of the board',
  )
}
