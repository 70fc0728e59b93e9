// The board of a command, by whatever the user names, here or in a configuration file; `-` is standard input.
import { InputError, type Machine } from '@dmalab/api'
import { type Registry, type RunSuggestion, suggestedRun, type Usual } from '@dmalab/lab'
import {
  boardFor,
  type BoardFileOptions,
  boardSpecFor,
  lacksMemory,
  type PluginSources,
  pluginSpec,
} from '@dmalab/lab/node'
import type { Defaults } from './defaults.ts'
import { givenBytes } from './files.ts'

/** The words of a command that say which board, as their flags are called. */
export interface BoardWords {
  readonly board: string | undefined
  /** Memory where a device tree states none. */
  readonly memory?: readonly string[] | undefined
  /** Overlays for a device tree. */
  readonly overlay?: readonly string[] | undefined
  readonly arch?: BoardFileOptions['arch']
}

/**
 * The board that the words name, else the one of the user's configuration, else `other`, opened as the command needs it.
 * @throws InputError where nothing names a board, and as `open` does
 */
export const boardOf = async <Board>(
  { board, memory, overlay, arch }: BoardWords,
  { registry, defaults, other }: { readonly registry: Registry; readonly defaults: Defaults; readonly other?: string },
  open: (registry: Registry, reference: string, options: BoardFileOptions) => Board,
): Promise<Board> => {
  const reference = board ?? defaults.board() ?? other
  if (reference === undefined)
    throw new InputError(
      'name a board: by name (dmalab board list), a board file, or a device tree (.dtb)',
      {},
      'or set one for this folder: board in dmalab.yaml (docs/command-line.md)',
    )
  const given = await givenBytes(reference)
  const read = (): Board => {
    const input = { arch, overlays: overlay, given }
    const isLacking = memory === undefined && !registry.boards.has(reference) && lacksMemory(reference, input)
    const usual = isLacking ? defaults.memory() : undefined
    return open(registry, reference, { ...input, memory: memory ?? usual })
  }
  return board === undefined ? defaults.opening(reference, read) : read()
}

/** A board, and what to try first on it. @throws InputError as boardOf does */
export const boardAndRun = async (
  words: BoardWords,
  {
    registry,
    defaults,
    plugins,
  }: { readonly registry: Registry; readonly defaults: Defaults; readonly plugins: PluginSources },
): Promise<{ readonly machine: Machine; readonly suggested: RunSuggestion }> =>
  boardOf(words, { registry, defaults }, (_registry, reference, options) => {
    const machine = boardFor(registry, reference, options)
    const spec = boardSpecFor(registry, reference, options)
    return { machine, suggested: suggestedRun(registry, spec, (plugins.given ?? []).map(pluginSpec)) }
  })

/** The configuration for work that reads what names boards and kernels by itself. */
export const usualOf = (registry: Registry, defaults: Defaults): Usual => ({
  board: async () =>
    defaults.hasBoard ? boardOf({ board: undefined }, { registry, defaults }, boardSpecFor) : undefined,
  kernel: (arch) => defaults.kernel(registry, arch),
  memory: () => defaults.memory(),
})

/**
 * The kernel of the user's configuration, for a command that has no board: a release alone is one for the board that is set beside it.
 * @throws InputError for a release alone without such a board
 */
export const defaultKernel = async (registry: Registry, defaults: Defaults): Promise<string | undefined> => {
  const kernel = defaults.kernelSetting(registry)
  if (kernel === undefined || kernel.value.includes('@')) return kernel?.value
  const reference = defaults.board()
  if (reference === undefined)
    throw new InputError(
      `${kernel.value} says no architecture`,
      kernel.place,
      `such as arm64@${kernel.value}, or set a board beside it`,
    )
  const { arch } = await boardOf({ board: undefined }, { registry, defaults }, boardFor)
  return `${arch}@${kernel.value.replace(/^v/, '')}`
}
