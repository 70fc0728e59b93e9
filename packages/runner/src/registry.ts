// What is there to run with: everything that plug-ins brought, by name. A name can be taken once.
import {
  type AllocatorDef,
  type CheckerRule,
  type DmaOpsDef,
  type DriverDef,
  InputError,
  type KernelDef,
  type Machine,
  type Patch,
  type Plugin,
  pluginApi,
  type PluginFactory,
} from '@dmalab/api'

interface Entry<T> {
  readonly value: T
  readonly plugin: string
}

class Shelf<T extends { readonly name: string }> {
  private readonly entries = new Map<string, Entry<T>>()
  private readonly kind: string

  constructor(kind: string) {
    this.kind = kind
  }

  /** @throws InputError when the name is taken */
  add(value: T, plugin: string): void {
    const taken = this.entries.get(value.name)
    if (taken !== undefined)
      throw new InputError(
        `${this.kind} '${value.name}' of plug-in ${plugin} is already there: plug-in ${taken.plugin} brought it`,
        {},
        `give it another name, or leave one of the two plug-ins out`,
      )
    this.entries.set(value.name, { value, plugin })
  }

  /** @throws InputError for an unknown name, with the known ones */
  get(name: string): T {
    const entry = this.entries.get(name)
    if (entry === undefined)
      throw new InputError(`there is no ${this.kind} '${name}'; known: ${this.names().join(', ')}`)
    return entry.value
  }

  has(name: string): boolean {
    return this.entries.has(name)
  }

  names(): string[] {
    return [...this.entries.keys()]
  }

  values(): T[] {
    return [...this.entries.values()].map((entry) => entry.value)
  }

  /** Who brought it. */
  from(name: string): string | undefined {
    return this.entries.get(name)?.plugin
  }
}

export class Registry {
  readonly kernels: Shelf<KernelDef> = new Shelf('kernel')
  readonly ops: Shelf<DmaOpsDef> = new Shelf('op table')
  readonly patches: Shelf<Patch> = new Shelf('patch')
  readonly allocators: Shelf<AllocatorDef> = new Shelf('allocator')
  readonly drivers: Shelf<DriverDef> = new Shelf('driver')
  readonly boards: Shelf<Machine> = new Shelf('board')
  readonly rules: Shelf<CheckerRule> = new Shelf('checker rule')
  private readonly readBoard: (text: string, file: string) => Machine

  constructor(readBoard: (text: string, file: string) => Machine) {
    this.readBoard = readBoard
  }

  /** Adds what a plug-in brings, or nothing of it. @throws InputError when a name is taken or a board is bad */
  add(plugin: Plugin): void {
    const boards = (plugin.boards ?? []).map((board) => this.readBoard(board.text, board.file))
    for (const op of plugin.ops ?? []) this.ops.add(op, plugin.name)
    for (const kernel of plugin.kernels ?? []) this.kernels.add(kernel, plugin.name)
    for (const patch of plugin.patches ?? []) this.patches.add(patch, plugin.name)
    for (const allocator of plugin.allocators ?? []) this.allocators.add(allocator, plugin.name)
    for (const driver of plugin.drivers ?? []) this.drivers.add(driver, plugin.name)
    for (const board of boards) this.boards.add(board, plugin.name)
    for (const rule of plugin.checkerRules ?? []) this.rules.add(rule, plugin.name)
  }
}

/** A registry with these plug-ins, in order. `readBoard` turns board text into a machine (@dmalab/machine readMachine). */
export const createRegistry = (
  readBoard: (text: string, file: string) => Machine,
  plugins: readonly PluginFactory[],
): Registry => {
  const registry = new Registry(readBoard)
  for (const factory of plugins) registry.add(factory(pluginApi))
  return registry
}
