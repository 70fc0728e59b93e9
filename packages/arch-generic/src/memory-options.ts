// Command line parameters that set memory aside for DMA: the default CMA area, and the pools for atomic allocations.
import type { AtomicPoolPolicy, KernelFacts, KernelOptions, PluginApi } from '@dmalab/api'
import { lastValue } from './options.ts'

export const memoryCmdline = (api: PluginApi): Readonly<Record<string, string>> => ({
  cma: api.CMA_HINT,
  coherent_pool: api.COHERENT_POOL_HINT,
})

/** @throws InputError for a text that the kernel would not understand */
export const memoryPolicy = (
  api: PluginApi,
  options: KernelOptions,
  kind: AtomicPoolPolicy['kind'],
): Pick<KernelFacts, 'cma' | 'atomicPools'> => {
  const [cma, pool] = [lastValue(api, options, 'cma'), lastValue(api, options, 'coherent_pool')]
  return {
    cma: cma === undefined ? null : api.cmaArea(cma),
    atomicPools: { kind, size: pool === undefined ? null : api.coherentPool(pool) },
  }
}
