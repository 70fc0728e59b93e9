// Whoever makes an instance of the engine's module gets one of the module with the fault, however that one was loaded.
import { readFileSync } from 'node:fs'

const MARK = 'dmalabMutant'
const path = process.env['DMALAB_MUTATION_WASM']

if (path !== undefined && !(MARK in WebAssembly)) {
  const mutant = new WebAssembly.Module(readFileSync(path))
  const isEngine = (module: WebAssembly.Module): boolean =>
    WebAssembly.Module.exports(module).some(({ name }) => name === 'layoutVersion')
  class Instance extends WebAssembly.Instance {
    constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      super(isEngine(module) ? mutant : module, imports)
    }
  }
  Object.assign(WebAssembly, { Instance, [MARK]: true })
}
