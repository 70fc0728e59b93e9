// Engines of machines that are over, for those to come: to make and to collect a linear memory costs more than a small machine's whole life.
import { Hot, type HotConfig } from './hot.ts'
import { capOf } from './module.ts'

const retired = new WeakMap<WebAssembly.Module, Hot[]>()
const MOST_RETIRED = 4
/** Bytes that one may hold to be kept. */
const MOST_KEPT = 2 ** 26

/** A retired engine of this kind, reset, or a new one. */
export const takeHot = (module: WebAssembly.Module, config: HotConfig): Hot => {
  const kept = retired.get(module) ?? []
  const at = kept.findIndex((hot) => isSame(hot.config, config))
  const [hot] = at === -1 ? [] : kept.splice(at, 1)
  if (hot === undefined) return new Hot(module, config)
  hot.reset()
  return hot
}

/** The machine of `hot` is over: nobody uses it any more. One that holds more than a new one might is not kept. */
export const retireHot = (module: WebAssembly.Module, hot: Hot): void => {
  const kept = retired.get(module) ?? []
  retired.set(module, kept)
  if (kept.length < MOST_RETIRED && hot.stats().linearBytes <= Math.min(MOST_KEPT, capOf(module))) kept.push(hot)
}

const isSame = (a: HotConfig, b: HotConfig): boolean =>
  a.lineSize === b.lineSize &&
  a.poison === b.poison &&
  (a.outer === true) === (b.outer === true) &&
  (a.uncached === true) === (b.uncached === true)
