// The kernel functions that patches name, and the op tables that call them.
import { type DmaOpsCaps, type DmaOpsDef, InputError, type KernelSpec, type Patch } from '@dmalab/api'
import { tableCalls } from '@dmalab/dma-api'
import { opTablesOf } from './op-tables.ts'
import type { Registry } from './registry.ts'

/** Names of the kernel's op tables that call the function. */
export const tablesCalling = (
  { base }: KernelSpec,
  registry: Pick<Registry, 'ops'>,
  symbol: string,
): readonly string[] =>
  opTablesOf(base, registry)
    .filter((def) => tableCalls(def, symbol))
    .map(({ name }) => name)

/** What an op table says of itself with the patches. */
export const patchedCaps = (def: DmaOpsDef, patches: readonly Patch[]): DmaOpsCaps =>
  patches
    .flatMap(({ caps }) => Object.entries(caps ?? {}))
    .filter(([symbol]) => tableCalls(def, symbol))
    .reduce((caps, [, changed]) => ({ ...caps, ...changed }), def.caps)

/** @throws InputError for a patch of a function that no op table of the kernel calls: it would change nothing */
export const checkFunctions = (kernel: KernelSpec, registry: Pick<Registry, 'ops'>): void => {
  for (const patch of kernel.patches)
    for (const symbol of Object.keys({ ...patch.functions, ...patch.caps }))
      if (tablesCalling(kernel, registry, symbol).length === 0)
        throw new InputError(
          `patch '${patch.name}' changes ${symbol}(), which no op table of ${kernel.base.name} calls`,
          {},
          `functions that they call: ${functionsOf(kernel, registry).join(', ')}`,
        )
}

const functionsOf = ({ base }: KernelSpec, registry: Pick<Registry, 'ops'>): readonly string[] =>
  [...new Set(opTablesOf(base, registry).flatMap(({ symbols }) => Object.values(symbols).flat()))].toSorted()
