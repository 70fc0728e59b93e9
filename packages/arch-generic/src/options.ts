// Command line parameters and config options of the generic kernels, as facts.
import type { ConfigOption, KernelOptions, PluginApi, SwiotlbPolicy } from '@dmalab/api'

/** IO_TLB_DEFAULT_SIZE (64 MiB) in slots of 2 KiB; slots come in segments of 128. */
const DEFAULT_SLOTS = 32768
const SEGMENT = 128

export const CMDLINE: Readonly<Record<string, string>> = {
  swiotlb: 'N[,areas][,force|noforce]: slots of 2 KiB in the bounce pool; bounce everything, or never',
  mem: 'N[KMG]: use only so much of the memory',
  'iommu.strict': '1 (default): invalidate when unmapping; 0: later, in batches',
  'iommu.passthrough': '1: devices behind an IOMMU are not translated',
}

export const SG_DMA_LENGTH: ConfigOption = {
  meaning: 'struct scatterlist has a dma_length of its own',
  default: false,
}
export const DMABUF_DEBUG: ConfigOption = {
  meaning: 'importers of dma-bufs get lists with mangled page pointers',
  default: false,
}

/**
 * `swiotlb=`. @throws InputError for a text the kernel would not understand.
 * Models: Linux v6.12 kernel/dma/swiotlb.c: setup_io_tlb_npages
 */
export const swiotlbPolicy = (
  api: PluginApi,
  options: KernelOptions,
  rest: Omit<SwiotlbPolicy, 'slots' | 'areas' | 'mode'>,
): SwiotlbPolicy => {
  const text = valueOf(api, options, 'swiotlb') ?? ''
  const match = /^(?:(\d+)(?:,(\d+))?)?,?(force|noforce)?$/.exec(text)
  if (match === null)
    throw new api.InputError(`swiotlb=${text} is not understood`, { path: 'cmdline' }, CMDLINE['swiotlb'])
  const [, slots, areas, mode] = match
  return {
    ...rest,
    slots: slots === undefined ? DEFAULT_SLOTS : Math.ceil(Number(slots) / SEGMENT) * SEGMENT,
    areas: 2 ** Math.ceil(Math.log2(Math.max(1, Number(areas ?? 1)))),
    mode: mode === 'force' || mode === 'noforce' ? mode : 'normal',
  }
}

/** `mem=`, bytes. @throws InputError */
export const memLimit = (api: PluginApi, options: KernelOptions): number | undefined => {
  const text = valueOf(api, options, 'mem')
  if (text === undefined) return undefined
  const match = /^(\d+)([KMG]?)$/i.exec(text)
  if (match === null) throw new api.InputError(`mem=${text} is not a size`, { path: 'cmdline' }, CMDLINE['mem'])
  const unit = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[(match[2] ?? '').toUpperCase()] ?? 1
  return Number(match[1]) * unit
}

/** `iommu.strict`, `iommu.passthrough`. @throws InputError */
export const iommuPolicy = (api: PluginApi, options: KernelOptions) => ({
  strict: flag(api, options, 'iommu.strict', true),
  passthrough: flag(api, options, 'iommu.passthrough', false),
})

const flag = (api: PluginApi, options: KernelOptions, name: string, absent: boolean): boolean => {
  const text = valueOf(api, options, name)
  if (text === undefined) return absent
  if (/^(1|y|yes|on)$/i.test(text)) return true
  if (/^(0|n|no|off)$/i.test(text)) return false
  throw new api.InputError(`${name}=${text} is neither 0 nor 1`, { path: 'cmdline' }, CMDLINE[name])
}

const valueOf = (api: PluginApi, options: KernelOptions, name: string): string | undefined => {
  const value = options.cmdline[name]
  if (value !== true) return value
  throw new api.InputError(`${name} needs a value`, { path: 'cmdline' }, CMDLINE[name])
}
