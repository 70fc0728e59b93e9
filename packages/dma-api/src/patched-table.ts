// Patches on an op table: each operation whose call path has a function that a patch names goes through the patch.
import {
  type DmaOps,
  type DmaOpsDef,
  type FunctionPatch,
  type Host,
  type KernelSpec,
  type Patch,
  type SgSkip,
  withBits,
} from '@dmalab/api'

/** Do operations of the table have the kernel function on their call path? */
export const tableCalls = (def: DmaOpsDef, symbol: string): boolean =>
  Object.values(def.symbols).some((path) => path.includes(symbol))

/** The table with the patches of its functions, first patch innermost. */
export const patchedTable = (def: DmaOpsDef, stock: DmaOps, patches: readonly Patch[], host: Host): DmaOps => {
  if (patches.every(({ functions }) => functions === undefined)) return stock
  const ops: DmaOps = { ...stock }
  for (const patch of patches)
    for (const [symbol, wrap] of Object.entries(patch.functions ?? {}))
      for (const operation of operationsOf(def, symbol)) wrapOperation(ops, operation, wrap, host)
  return ops
}

/** Entries that the patches of a kernel exempt, by operation. */
export const composedSkip = ({ patches }: KernelSpec): Host['skip'] => {
  const masks = (operation: 'map' | 'unmap' | 'sync'): SgSkip => {
    const skips = patches.flatMap(({ sg }) => sg?.skip?.[operation] ?? [])
    return {
      bits: skips.reduce((all, { bits }) => withBits(all, bits), 0),
      dmaLength: skips.reduce((all, { bits, sets }) => (sets.includes('dmaLength') ? withBits(all, bits) : all), 0),
    }
  }
  return { map: masks('map'), unmap: masks('unmap'), sync: masks('sync') }
}

const operationsOf = (def: DmaOpsDef, symbol: string): readonly (keyof DmaOps)[] => {
  const paths: DmaOpsDef['symbols'] = { allocAtomic: def.symbols.alloc ?? [], ...def.symbols }
  return (Object.keys(paths) as (keyof DmaOps)[]).filter((operation) => paths[operation]?.includes(symbol))
}

/** The author of a patch knows which operation its function implements; the types cannot. */
const wrapOperation = <Operation extends keyof DmaOps>(
  ops: DmaOps,
  operation: Operation,
  wrap: FunctionPatch,
  host: Host,
): void => {
  const wrapped = wrap as unknown as (next: DmaOps[Operation], host: Host) => DmaOps[Operation]
  ops[operation] = wrapped(ops[operation], host)
}
