// The WebAssembly module: compiled once per process, instantiated once per machine.
import { InputError, isInputError } from '@dmalab/api'
import * as L from '../assembly/shared/layout.ts'
import { type Exports, unsigned } from './generated/exports.ts'
import { wasmText } from './generated/wasm.ts'

export type { Exports }

/** Compiles the module. It may be posted to workers; every Hot wants the same one. */
export async function compileHot(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(wasmBytes())
}

/** As compileHot, for callers that cannot wait. */
export function compileHotSync(): WebAssembly.Module {
  return new WebAssembly.Module(wasmBytes())
}

/** The module is part of the code: Node, bundlers, workers and pages opened from disk load it in this one way. */
function wasmBytes(): Uint8Array<ArrayBuffer> {
  const text = atob(wasmText)
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

const WASM_PAGE = 2 ** 16
const caps = new WeakMap<WebAssembly.Module, number>()

/** What machines of this module may hold from now on, in bytes; 4 GiB without. */
export const capMachines = (module: WebAssembly.Module, bytes: number): void => {
  caps.set(module, Math.floor(bytes / WASM_PAGE))
}

/** What capMachines() said, in bytes. */
export const capOf = (module: WebAssembly.Module): number => (caps.get(module) ?? 2 ** 16) * WASM_PAGE

/** Is this the error of a machine that would hold more than it may? */
export const isMachineFull = (error: unknown): boolean => isInputError(error) && error.message.startsWith(FULL)

const FULL = 'a modelled machine holds at most'

/** A fresh instance with its own linear memory. Functions that return u32 return it unsigned. */
export function instantiate(module: WebAssembly.Module): Exports {
  const mostPages = (): number => caps.get(module) ?? 2 ** 16
  const outOfMemory = (): never => {
    throw new InputError(
      `${FULL} ${(mostPages() * WASM_PAGE) / 2 ** 20} MiB of contents and tables`,
      {},
      'fewer or smaller buffers hold less',
    )
  }
  const { exports } = new WebAssembly.Instance(module, { heap: { outOfMemory, mostPages } })
  const wasm: Record<string, unknown> = { ...exports }
  for (const name of unsigned) {
    const raw = wasm[name] as (...args: number[]) => number
    wasm[name] = (...args: number[]) => raw(...args) >>> 0
  }
  const typed = wasm as unknown as Exports
  if (typed.layoutVersion() !== L.LAYOUT_VERSION) throw new Error('layout.ts differs from the compiled module: rebuild')
  return typed
}
