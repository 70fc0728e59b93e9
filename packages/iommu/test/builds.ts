// Both builds of the module, so that every test runs on each.
import { readFileSync } from 'node:fs'

export const BUILDS = ['release', 'debug'] as const

/** The compiled module of a build. */
export function moduleOf(build: (typeof BUILDS)[number]): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL(`../../hot/build/${build}.wasm`, import.meta.url)))
}
