// One engine for all cases of an adapter: a reset machine answers as a fresh one, and is made much faster.
import { compileHotSync, Hot } from '@dmalab/hot'

/** Returns a function that hands out the engine, reset. */
export function freshHot(): () => Hot {
  let hot: Hot | undefined
  return () => {
    if (hot === undefined) hot = new Hot(compileHotSync(), { lineSize: 64, poison: 0 })
    else hot.reset()
    return hot
  }
}
