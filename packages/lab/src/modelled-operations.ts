// Which kernel functions a patch can change by name, and which allocators: from the op tables and allocators that are loaded.
import type { DmaOpsDef } from '@dmalab/api'
import { opTablesOf, type Registry } from '@dmalab/runner'

export interface ModelledOperations {
  /** By C name: the operation of op tables, and the tables that call the function in it. */
  readonly operations: ReadonlyMap<string, { readonly operation: string; readonly tables: readonly string[] }>
  readonly allocators: readonly string[]
}

export const modelledOperations = (registry: Registry): ModelledOperations => {
  const operations = new Map<string, { readonly operation: string; readonly tables: readonly string[] }>()
  const tables = new Map(
    registry.kernels.values().flatMap((kernel) => opTablesOf(kernel, registry).map((def) => [def.name, def])),
  )
  for (const def of tables.values())
    for (const [operation, symbol] of callsOf(def)) {
      const known = operations.get(symbol)
      operations.set(symbol, {
        operation: known?.operation ?? operation,
        tables: [...new Set([...(known?.tables ?? []), def.name])],
      })
    }
  return { operations, allocators: registry.allocators.names() }
}

const callsOf = ({ symbols }: DmaOpsDef): readonly (readonly [operation: string, symbol: string])[] =>
  Object.entries(symbols).flatMap(([operation, path]) => path.map((symbol) => [operation, symbol] as const))
