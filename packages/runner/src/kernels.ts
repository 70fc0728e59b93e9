// What kernels and patches there are, and what each is made of, as data.
import type { ConfigOption, DmaOpsCaps, KernelFacts, PatchHunk } from '@dmalab/api'
import { chooseKernel } from './choose-kernel.ts'
import { kernelFacts } from './compose-kernel.ts'
import { opTablesOf } from './op-tables.ts'
import { checkFunctions, patchedCaps, tablesCalling } from './patched-functions.ts'
import type { Registry } from './registry.ts'
import { standInSentences } from './stand-in.ts'

export interface KernelList {
  readonly kernels: readonly { readonly name: string; readonly title: string; readonly source: string }[]
  readonly patches: readonly {
    readonly name: string
    readonly title: string
    readonly appliesTo: readonly string[]
    readonly source: string
  }[]
}

export const listKernels = (registry: Registry): KernelList => ({
  kernels: registry.kernels.values().map(({ name, title, source }) => ({ name, title, source })),
  patches: registry.patches
    .values()
    .map(({ name, title, source, appliesTo }) => ({ name, title, appliesTo: appliesTo ?? [], source })),
})

export interface KernelShow {
  readonly name: string
  readonly title: string
  readonly source: string
  /** In the order they are applied. */
  readonly patches: readonly {
    readonly name: string
    readonly title: string
    readonly source: string
    readonly hunks: readonly PatchHunk[]
    /** Of a patch that is carried from another kernel: what of it has no place here. */
    readonly leftOut: readonly PatchHunk[]
    /** Kernel functions it replaces or wraps, and the op tables that call them. */
    readonly functions: readonly { readonly symbol: string; readonly tables: readonly string[] }[]
    /** What it changes besides. */
    readonly changes: readonly string[]
  }[]
  readonly ops: readonly { readonly name: string; readonly source: string; readonly caps: DmaOpsCaps }[]
  readonly facts: KernelFacts
  readonly config: Readonly<Record<string, ConfigOption>>
  readonly cmdline: Readonly<Record<string, string>>
  /** Options of other kernels that this one does not have, and why. */
  readonly lacks: Readonly<Record<string, string>>
  /** What stands in for a release that is not modelled, and by which differences. */
  readonly notes: readonly string[]
}

/** @throws InputError for a kernel that is not there */
export const showKernel = (registry: Registry, name: string): KernelShow => {
  const chosen = chooseKernel(name, registry)
  const { kernel } = chosen
  const { base, patches } = kernel
  checkFunctions(kernel, registry)
  return {
    name: kernel.name,
    title: base.title,
    source: base.source,
    patches: patches.map((patch) => ({
      name: patch.name,
      title: patch.title,
      source: patch.source,
      hunks: patch.hunks,
      leftOut: patch.leftOut ?? [],
      functions: Object.keys(patch.functions ?? {}).map((symbol) => ({
        symbol,
        tables: tablesCalling(kernel, registry, symbol),
      })),
      changes: [
        ...Object.keys(patch.allocators ?? {}).map((allocator) => `allocator ${allocator}`),
        ...Object.keys(patch.exporters ?? {}).map((exporter) => `exporter ${exporter}`),
        ...Object.keys(patch.sg?.cFields ?? {}).map((field) => `struct scatterlist.${field}`),
        ...Object.keys(patch.attrs ?? {}).map((attr) => `DMA_ATTR_${attr}`),
        ...Object.keys(patch.sg?.skip ?? {}).map((operation) => `entries exempt from ${operation}`),
      ],
    })),
    ops: opTablesOf(base, registry).map((def) => ({
      name: def.name,
      source: def.source,
      caps: patchedCaps(def, patches),
    })),
    facts: kernelFacts(kernel, registry),
    config: base.config,
    cmdline: base.cmdline,
    lacks: base.lacks ?? {},
    notes: standInSentences(chosen),
  }
}
