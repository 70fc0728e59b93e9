// A kernel is data: architecture and release, its facts, op tables, patches on top.
import type { DeviceFacts, IommuFacts } from './machine.ts'
import type { BuildFacts } from './kernel-facts.ts'
import type { DmaOpsDef } from './ops.ts'
import type { Patch } from './patch.ts'

export interface ConfigOption {
  readonly meaning: string
  readonly default: boolean | number | string
  /** Smallest and largest number that Kconfig takes. */
  readonly range?: readonly [number, number]
  /** Its value wherever the board has an IOMMU in use, and the option that selects it there. */
  readonly withIommu?: { readonly value: boolean; readonly selectedBy: string }
}

export interface KernelOptions {
  /** CONFIG_ names without the prefix. */
  readonly config: Readonly<Record<string, boolean | number | string>>
  /** Command line parameters; `true` for a bare word. The values of one that is given several times have a blank between them. */
  readonly cmdline: Readonly<Record<string, string | true>>
}

export interface KernelDef {
  /** `arm@4.11`. */
  readonly name: string
  /** Name of an Arch. */
  readonly arch: string
  readonly title: string
  readonly source: string
  /** Facts with the given options applied. */
  facts(options: KernelOptions): BuildFacts
  readonly config: Readonly<Record<string, ConfigOption>>
  readonly cmdline: Readonly<Record<string, string>>
  /** Options of other kernels that this one does not have, and why: the answer to a user who asks for one. */
  readonly lacks?: Readonly<Record<string, string>>
  /** Of the given options, those that change nothing beside the others, and why. */
  idle(options: KernelOptions): Readonly<Record<string, string>>
  /** Op tables of its own; those of other plug-ins and the built-in ones are there by name. */
  readonly ops: readonly DmaOpsDef[]
  /** Name of the op table a device gets. `iommu` is the one in front of it, where firmware has it enabled. */
  opsFor(device: DeviceFacts, options: KernelOptions, iommu: IommuFacts | null): string
}

/** A kernel ready to run: base, patches in order, options. */
export interface KernelSpec {
  /** `arm@4.11+nopage-rfc`. */
  readonly name: string
  readonly base: KernelDef
  readonly patches: readonly Patch[]
  readonly options: KernelOptions
}
