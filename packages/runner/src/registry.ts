// What is there to run with: everything that plug-ins brought, by name. A name can be taken once.
import {
  type AllocatorDef,
  type Arch,
  type ArchName,
  type CheckerRule,
  type DmaOpsDef,
  type DriverDef,
  InputError,
  type InputPlace,
  type KernelDef,
  likeliest,
  type Machine,
  type Patch,
  type Plugin,
  pluginApi,
  type PluginFactory,
} from '@dmalab/api'
import { checkKernels } from './kernel-shape.ts'

interface Entry<T> {
  readonly value: () => T
  readonly plugin: string
}

class Shelf<T extends { readonly name: string }> {
  private readonly entries = new Map<string, Entry<T>>()
  private readonly kind: string

  constructor(kind: string) {
    this.kind = kind
  }

  /** @throws InputError when the name is taken */
  check(value: Pick<T, 'name'>, plugin: string, place: InputPlace = {}): void {
    const taken = this.entries.get(value.name)
    if (taken !== undefined)
      throw new InputError(
        `${this.kind} '${value.name}' of plug-in ${plugin} is already there: plug-in ${taken.plugin} brought it`,
        place,
        `give it another name, or leave one of the two plug-ins out`,
      )
  }

  /** @throws InputError when the name is taken */
  add(value: T, plugin: string, place: InputPlace = {}): void {
    this.check(value, plugin, place)
    this.entries.set(value.name, { value: () => value, plugin })
  }

  /** As add(), for what is made when it is asked for it: most runs ask for one board. @throws InputError when the name is taken */
  offer(name: string, plugin: string, make: () => T): void {
    this.check({ name }, plugin)
    const made: { value?: T } = {}
    this.entries.set(name, { value: () => (made.value ??= make()), plugin })
  }

  /** @throws InputError for an unknown name, with the known ones */
  get(name: string): T {
    const entry = this.entries.get(name)
    if (entry === undefined)
      throw new InputError(
        `there is no ${this.kind} '${name}'; known: ${this.names().join(', ')}`,
        {},
        likeliest(name, this.names()),
      )
    return entry.value()
  }

  /** Everything of another shelf of the kind; names that are here stay. */
  take(other: Shelf<T>): void {
    for (const [name, entry] of other.entries) if (!this.entries.has(name)) this.entries.set(name, entry)
  }

  has(name: string): boolean {
    return this.entries.has(name)
  }

  names(): string[] {
    return [...this.entries.keys()]
  }

  values(): T[] {
    return [...this.entries.values()].map((entry) => entry.value())
  }

  /** Who brought it. */
  from(name: string): string | undefined {
    return this.entries.get(name)?.plugin
  }
}

/** Board text as a machine; `arches` are what its `arch:` may be. */
type ReadBoard = (text: string, file: string, arches: readonly ArchName[]) => Machine

export class Registry {
  readonly arches: Shelf<Arch> = new Shelf('architecture')
  readonly kernels: Shelf<KernelDef> = new Shelf('kernel')
  readonly ops: Shelf<DmaOpsDef> = new Shelf('op table')
  readonly patches: Shelf<Patch> = new Shelf('patch')
  readonly allocators: Shelf<AllocatorDef> = new Shelf('allocator')
  readonly drivers: Shelf<DriverDef> = new Shelf('driver')
  readonly boards: Shelf<Machine> = new Shelf('board')
  readonly rules: Shelf<CheckerRule> = new Shelf('checker rule')
  private readonly read: ReadBoard

  constructor(readBoard: ReadBoard) {
    this.read = readBoard
  }

  /** @throws InputError for text that is not a board, or one of an unknown architecture */
  readBoard(text: string, file: string, arches: readonly ArchName[] = this.boardArches()): Machine {
    return this.read(text, file, arches)
  }

  /** What `arch:` of a board may be. */
  boardArches(): readonly ArchName[] {
    return boardsOf(this.arches.values())
  }

  /** A registry of the same things, to which more can be added. */
  copy(): Registry {
    const copy = new Registry(this.read)
    const ours: readonly unknown[] = Object.values(this)
    for (const [at, shelf] of Object.values(copy).entries())
      if (shelf instanceof Shelf) shelf.take(ours[at] as Shelf<never>)
    return copy
  }

  /**
   * Adds what a plug-in brings, or nothing of it. `place` says where it came from, for the complaint.
   * @throws InputError when a name is taken, a board is bad, or a kernel states what is not known
   */
  add(plugin: Plugin, place: InputPlace = {}): void {
    const arches = boardsOf([...this.arches.values(), ...(plugin.arches ?? [])])
    this.addUnchecked(plugin, arches, place, () => this.checkKernels(plugin, place))
  }

  /** Adds plug-ins that name what others of them bring. @throws InputError as add() does */
  addTogether(plugins: readonly Plugin[]): void {
    const arches = boardsOf([...this.arches.values(), ...plugins.flatMap((plugin) => plugin.arches ?? [])])
    for (const plugin of plugins) this.addUnchecked(plugin, arches)
    for (const plugin of plugins) this.checkKernels(plugin)
  }

  private checkKernels(plugin: Plugin, place: InputPlace = {}): void {
    checkKernels(plugin, { arches: this.arches.names(), ops: this.ops.names() }, place)
  }

  private addUnchecked(
    plugin: Plugin,
    arches: readonly ArchName[],
    place: InputPlace = {},
    check = (): void => {},
  ): void {
    const shelves = [
      on(this.arches, plugin.arches),
      on(this.ops, plugin.ops),
      on(this.kernels, plugin.kernels),
      on(this.patches, plugin.patches),
      on(this.allocators, plugin.allocators),
      on(this.drivers, plugin.drivers),
      on(
        this.boards,
        plugin.boards?.map((board) => this.readBoard(board.text, boardPlace(board.file, place), arches)),
      ),
      on(this.rules, plugin.checkerRules),
    ]
    for (const shelf of shelves) shelf.check(plugin.name, place)
    check()
    for (const shelf of shelves) shelf.add(plugin.name, place)
  }
}

/** The things of one kind that a plug-in brings, and the shelf they belong on. */
const on = <T extends { readonly name: string }>(shelf: Shelf<T>, things: readonly T[] = []) => ({
  check: (plugin: string, place: InputPlace): void => {
    for (const [i, thing] of things.entries()) {
      shelf.check(thing, plugin, place)
      if (things.findIndex(({ name }) => name === thing.name) !== i)
        throw new InputError(`plug-in ${plugin} brings '${thing.name}' twice`, place, 'give one of them another name')
    }
  },
  add: (plugin: string, place: InputPlace): void => {
    for (const thing of things) shelf.add(thing, plugin, place)
  },
})

/** The machines that architectures run on. */
const boardsOf = (arches: readonly Arch[]): readonly ArchName[] =>
  [...new Set(arches.map(({ board }) => board))].toSorted()

/** How complaints about a board of a plug-in name its file. */
const boardPlace = (file: string, { file: plugin }: InputPlace): string =>
  plugin === undefined ? file : `${plugin}/${file}`

/** A registry with these plug-ins, in order. `readBoard` turns board text into a machine (@dmalab/machine readMachine). */
export const createRegistry = (readBoard: ReadBoard, plugins: readonly PluginFactory[]): Registry => {
  const registry = new Registry(readBoard)
  registry.addTogether(plugins.map((factory) => factory(pluginApi)))
  return registry
}
