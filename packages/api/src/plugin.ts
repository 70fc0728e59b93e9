// Plug-ins: what a package or file hands over, and what it is given. One contract number, checked at load.
import type { Arch } from './arch.ts'
import type { DriverDef } from './driver.ts'
import type { DmaOpsDef } from './ops.ts'
import type { Patch } from './patch.ts'
import type { KernelDef } from './kernel.ts'
import type { AllocatorDef } from './vb2.ts'
import type { CheckerRule } from './checker.ts'
import * as values from './values.ts'

/** The contract number. A changed meaning is a new number. */
export const PLUGIN_API = 2

/** Handed to a plug-in's default export: everything it needs at run time, so that it imports types only. */
export type PluginApi = typeof values & { readonly version: typeof PLUGIN_API }
export const pluginApi: PluginApi = { ...values, version: PLUGIN_API }

export interface Plugin {
  readonly name: string
  /** Architectures for kernels to name. */
  readonly arches?: readonly Arch[]
  readonly kernels?: readonly KernelDef[]
  /** Op tables for kernels to name; a KernelDef of the same plug-in may use them too. */
  readonly ops?: readonly DmaOpsDef[]
  readonly patches?: readonly Patch[]
  readonly allocators?: readonly AllocatorDef[]
  readonly drivers?: readonly DriverDef[]
  /** Boards as YAML text; `file` names it in errors. */
  readonly boards?: readonly { readonly file: string; readonly text: string }[]
  readonly checkerRules?: readonly CheckerRule[]
}

/** The default export of a plug-in. */
export type PluginFactory = (api: PluginApi) => Plugin

/** `"dmalab"` in package.json, or `export const dmalab` of a single file. */
export interface PluginManifest {
  readonly api: number
  /** package.json only. */
  readonly entry?: string
}
