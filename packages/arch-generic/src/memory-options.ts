// Command line parameters that set memory aside for DMA: the default CMA area, and the pools for atomic allocations.
import type { AtomicPoolPolicy, KernelFacts, KernelOptions, PluginApi } from '@dmalab/api'

export const MEMORY_CMDLINE: Readonly<Record<string, string>> = {
  cma: 'N[KMG][@start[-end]]: size and place of the default CMA area, instead of what the device tree says; 0: none',
  coherent_pool: 'N[KMG]: size of each pool for coherent allocations that may not sleep',
}

/** A number as memparse() reads it: decimal or 0x..., with a unit. */
const NUMBER = String.raw`(?:0x[\da-f]+|\d+)[KMGT]?`
const UNITS: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 }

/** `cma=`. @throws InputError. Models: Linux v6.12 kernel/dma/contiguous.c: early_cma */
export const cmaPolicy = (api: PluginApi, { cmdline }: KernelOptions): Pick<KernelFacts, 'cma'> => {
  const text = cmdline['cma']
  if (text === undefined) return {}
  const match = new RegExp(`^(${NUMBER})(?:@(${NUMBER})(?:-(${NUMBER}))?)?$`, 'i').exec(String(text))
  const [, size, start, end] = match ?? []
  if (size === undefined) return refuse(api, 'cma', text)
  if (start === undefined) return { cma: { size: parsed(size) } }
  const base = parsed(start)
  return { cma: { size: parsed(size), base, limit: end === undefined ? base + parsed(size) : parsed(end) } }
}

/** `coherent_pool=`. @throws InputError. Models: Linux v6.12 kernel/dma/pool.c: early_coherent_pool */
export const atomicPolicy = (
  api: PluginApi,
  { cmdline }: KernelOptions,
  kind: AtomicPoolPolicy['kind'],
): AtomicPoolPolicy => {
  const text = cmdline['coherent_pool']
  if (text === undefined) return { kind }
  if (!new RegExp(`^${NUMBER}$`, 'i').test(String(text))) return refuse(api, 'coherent_pool', text)
  return { kind, size: parsed(String(text)) }
}

const parsed = (text: string): number => {
  const unit = UNITS[text.slice(-1).toUpperCase()]
  return unit === undefined ? Number(text) : Number(text.slice(0, -1)) * unit
}

const refuse = (api: PluginApi, name: string, text: string | true): never => {
  throw new api.InputError(`${name}=${String(text)} is not understood`, { path: 'cmdline' }, MEMORY_CMDLINE[name])
}
