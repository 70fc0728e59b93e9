// What the user's configuration says, as commands take it: where neither the command line nor the work says otherwise. What is taken is
// told once, with the file that it comes from, and what is wrong with it names the place there.
import { type ArchName, InputError, isInputError } from '@dmalab/api'
import { kernelFor, type Placed, type Registry, type UserConfig } from '@dmalab/lab'

export class Defaults {
  readonly #settings: UserConfig
  readonly #tell: (text: string) => void
  readonly #told = new Set<string>()

  constructor(settings: UserConfig = {}, tell: (text: string) => void = () => undefined) {
    this.#settings = settings
    this.#tell = tell
  }

  get hasBoard(): boolean {
    return this.#settings.board !== undefined
  }

  board(): string | undefined {
    return this.#take('board', this.#settings.board)
  }

  /** Of a device tree that states none. */
  memory(): readonly string[] | undefined {
    return this.#take('memory', this.#settings.memory)
  }

  /** By its whole name; undefined, too, where it is not for boards of this architecture. @throws InputError for a kernel that does not exist */
  kernel(registry: Registry, arch: ArchName): string | undefined {
    const { kernel } = this.#settings
    if (kernel === undefined) return undefined
    const name = placed(kernel, () => kernelFor(registry, kernel.value, arch))
    if (name !== undefined) this.#take('kernel', kernel)
    else this.#say(`default kernel not taken: ${shown(kernel)} is not for ${arch}`)
    return name
  }

  /** The kernel as it stands, for work without a board or with many. @throws InputError for a kernel that does not exist */
  kernelSetting(registry: Registry): Placed<string> | undefined {
    const { kernel } = this.#settings
    const [arch = '', release] = kernel?.value.split('@') ?? []
    if (kernel !== undefined && release !== undefined) placed(kernel, () => kernelFor(registry, kernel.value, arch))
    this.#take('kernel', kernel)
    return kernel
  }

  /** Opens a board; where it is the one of the configuration, what is wrong with it names the place there. */
  opening<Board>(reference: string, open: () => Board): Board {
    const { board } = this.#settings
    return board === undefined || board.value !== reference ? open() : placed(board, open)
  }

  #take<Value>(name: string, setting: Placed<Value> | undefined): Value | undefined {
    if (setting !== undefined) this.#say(`default ${name}: ${shown(setting)}`)
    return setting?.value
  }

  #say(text: string): void {
    if (!this.#told.has(text)) this.#tell(text)
    this.#told.add(text)
  }
}

const shown = ({ value, place }: Placed<unknown>): string => `${[value].flat().join(', ')} (${place.file ?? ''})`

/** What another file is blamed for stays with that; the place of the setting is its hint. @throws InputError as `work` does */
const placed = <Result>({ place }: Placed<unknown>, work: () => Result): Result => {
  try {
    return work()
  } catch (error) {
    if (!isInputError(error)) throw error
    if (error.place.file === undefined) throw new InputError(error.message, place, error.hint)
    const named = `it is named in ${place.file ?? ''}:${place.line ?? 1}`
    throw Object.assign(error, { hint: error.hint === undefined ? named : `${named}\n${error.hint}` })
  }
}
