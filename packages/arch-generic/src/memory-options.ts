// Command line parameters that set memory aside for DMA: the default CMA area, and the pools for atomic allocations.
import type { AtomicPoolPolicy, KernelFacts, KernelOptions, PluginApi } from '@dmalab/api'
import { lastValue } from './options.ts'

export const MEMORY_CMDLINE: Readonly<Record<string, string>> = {
  cma: 'N[KMG][@start[-end]]: size and place of the default CMA area, instead of what the device tree says; 0: none',
  coherent_pool: 'N[KMG]: size of each pool for coherent allocations that may not sleep',
}

/** `cma=`. @throws InputError. Models: Linux v6.12 kernel/dma/contiguous.c: early_cma */
export const cmaPolicy = (api: PluginApi, options: KernelOptions): Pick<KernelFacts, 'cma'> => {
  const text = lastValue(api, options, 'cma')
  if (text === undefined) return {}
  const size = api.memparse(text)
  const start = size?.rest.startsWith('@') === true ? api.memparse(size.rest.slice(1)) : undefined
  const end = start?.rest.startsWith('-') === true ? api.memparse(start.rest.slice(1)) : undefined
  if (size === undefined || (end ?? start ?? size).rest !== '') return refuse(api, 'cma', text)
  if (start === undefined) return { cma: { size: size.value } }
  return { cma: { size: size.value, base: start.value, limit: end?.value ?? start.value + size.value } }
}

/** `coherent_pool=`. @throws InputError. Models: Linux v6.12 kernel/dma/pool.c: early_coherent_pool */
export const atomicPolicy = (
  api: PluginApi,
  options: KernelOptions,
  kind: AtomicPoolPolicy['kind'],
): AtomicPoolPolicy => {
  const text = lastValue(api, options, 'coherent_pool')
  if (text === undefined) return { kind }
  const size = api.memparse(text)
  return size === undefined || size.rest !== '' ? refuse(api, 'coherent_pool', text) : { kind, size: size.value }
}

const refuse = (api: PluginApi, name: string, text: string): never => {
  throw new api.InputError(`${name}=${text} is not understood`, { path: 'cmdline' }, MEMORY_CMDLINE[name])
}
