// The engine as compiled code, in the place of the WebAssembly module.
import { createRequire } from 'node:module'
import { build } from './build.mjs'

/**
 * @returns `missing`: why there is no comparator; else `module`, to be given to `new Hot`, and `loops` (see cpp/loops.h). There is one
 * memory: a new machine ends the one before.
 */
export async function openNative() {
  const { file, missing } = await build()
  if (missing !== undefined) return { missing }
  const { engine, ...loops } = createRequire(import.meta.url)(file)
  const module = {}
  WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
    construct(Instance, [wanted, ...others]) {
      if (wanted !== module) return new Instance(wanted, ...others)
      loops.clear()
      return { exports: engine }
    },
  })
  return { module, loops }
}
