// Whoever makes an instance of the engine's module gets one of the module that is planted at that time, however that one was loaded.
import { readFileSync } from 'node:fs'

const real = WebAssembly.Instance
const isEngine = (module: WebAssembly.Module): boolean =>
  WebAssembly.Module.exports(module).some(({ name }) => name === 'layoutVersion')

/** `cameBy` is told of functions with a fault, as they are called in the module without. */
export const plantEngines = (
  without: string,
  cameBy: (fault: number) => void,
): ((path: string | undefined) => void) => {
  const moduleOf = (path: string): WebAssembly.Module => new WebAssembly.Module(readFileSync(path))
  const untouched = moduleOf(without)
  let planted = untouched
  class Instance extends real {
    constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      if (isEngine(module)) super(planted, { ...imports, planted: { cameBy } })
      else super(module, imports)
    }
  }
  Object.assign(WebAssembly, { Instance })
  return (path) => {
    planted = path === undefined ? untouched : moduleOf(path)
  }
}
