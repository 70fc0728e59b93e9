// The versions of a machine that rows compare.
import { NaiveMachine } from './naive.mjs'
import { NativeMachine } from './native.mjs'
import { TypedMachine } from './typed.mjs'
import { WasmMachine } from './wasm.mjs'

export const BASE = 0x4000_0000
export const PAGE = 4096

/** Version name -> machine with `pages` pages from BASE, all zero, nothing cached. `native`: what openNative() returned. */
export const MAKERS = {
  naive: async (pages) => new NaiveMachine(BASE, pages),
  typed: async (pages) => new TypedMachine(BASE, pages),
  native: async (pages, native) => new NativeMachine(native, BASE, pages),
  wasm: async (pages) => WasmMachine.make(BASE, pages),
}

/** A small deterministic generator: the same numbers on every machine. */
export function numbers(seed) {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
