// Command line parameters and config options of the generic kernels, as facts.
import type { ConfigOption, KernelOptions, PluginApi, ReleaseFacts, SwiotlbPolicy } from '@dmalab/api'

/** IO_TLB_DEFAULT_SIZE (64 MiB) in slots of 2 KiB; slots come in segments of 128. */
const DEFAULT_SLOTS = 32768
const SEGMENT = 128

export const CMDLINE: Readonly<Record<string, string>> = {
  swiotlb: 'N[,areas][,force|noforce]: slots of 2 KiB in the bounce pool; bounce everything, or never',
  mem: 'N[KMG]: use only so much of the memory, from its start',
  'iommu.strict': '1 (default): invalidate when unmapping; 0: later, in batches',
  'iommu.passthrough': '1: devices behind an IOMMU are not translated',
}

/** Where `mem=` means banks. */
export const ARM_MEM = 'nn[KMG][@ss[KMG]], once a bank: the memory there is, whatever the device tree says'

export const SG_DMA_LENGTH: ConfigOption = {
  meaning: 'struct scatterlist has a dma_length of its own',
  default: false,
}
export const DMABUF_DEBUG: ConfigOption = {
  meaning: 'importers of dma-bufs get lists with mangled page pointers',
  default: false,
}

/**
 * `swiotlb=`. Areas make the number of slots a power of two, and there is an area for each CPU at least: one here.
 * @throws InputError for a text the kernel would not understand.
 * Models: Linux v6.12 kernel/dma/swiotlb.c: setup_io_tlb_npages, swiotlb_adjust_nareas, round_up_default_nslabs
 */
export const swiotlbPolicy = (
  api: PluginApi,
  { bounceAreas }: ReleaseFacts,
  options: KernelOptions,
  rest: Omit<SwiotlbPolicy, 'slots' | 'areas' | 'mode'>,
): SwiotlbPolicy => {
  const text = lastValue(api, options, 'swiotlb') ?? ''
  const match = /^(?:(0x[0-9a-f]+|\d+)(?:,(0x[0-9a-f]+|\d+))?)?(?:(?:^|,)(force|noforce))?$/i.exec(text)
  if (match === null)
    throw new api.InputError(`swiotlb=${text} is not understood`, { path: 'cmdline' }, CMDLINE['swiotlb'])
  const [, slots, number, mode] = match
  const areas = bounceAreas ? powerOfTwo(Math.max(1, api.wholeNumber(number ?? '1'))) : 1
  const wanted = slots === undefined ? DEFAULT_SLOTS : Math.ceil(api.wholeNumber(slots) / SEGMENT) * SEGMENT
  return {
    ...rest,
    slots: bounceAreas ? powerOfTwo(Math.max(wanted, SEGMENT * areas)) : wanted,
    areas,
    mode: mode === 'force' || mode === 'noforce' ? mode : 'normal',
  }
}

const powerOfTwo = (number: number): number => 2 ** Math.ceil(Math.log2(number))

/**
 * `mem=` of kernels that take a size only, bytes in whole pages; null without it. @throws InputError
 * Models: Linux v6.12 arch/arm64/mm/init.c: early_mem. Leaves out: the kernel image stays in, wherever it lies.
 */
export const memLimit = (api: PluginApi, options: KernelOptions): number | null => {
  const text = lastValue(api, options, 'mem')
  if (text === undefined) return null
  const size = api.memparse(text)
  const bytes = Math.floor((size?.value ?? 0) / api.PAGE_SIZE) * api.PAGE_SIZE
  if (size === undefined || bytes === 0)
    throw new api.InputError(`mem=${text} is not a size`, { path: 'cmdline' }, CMDLINE['mem'])
  if (size.rest !== '')
    throw new api.InputError(
      `mem=${text}: this kernel reads a size and ignores '${size.rest}'`,
      { path: 'cmdline' },
      CMDLINE['mem'],
    )
  return bytes
}

/** `mem=` where it is an address. @throws InputError. Models: Linux v6.12 arch/x86/kernel/e820.c: parse_memopt */
export const memTop = (api: PluginApi, options: KernelOptions): number | null => memLimit(api, options)

/** `iommu.strict`, `iommu.passthrough`. @throws InputError */
export const iommuPolicy = (api: PluginApi, options: KernelOptions, strict = true) => ({
  strict: flag(api, options, 'iommu.strict', strict),
  passthrough: flag(api, options, 'iommu.passthrough', false),
})

const flag = (api: PluginApi, options: KernelOptions, name: string, absent: boolean): boolean => {
  const text = lastValue(api, options, name)
  if (text === undefined) return absent
  const value = api.kstrtobool(text)
  if (value === undefined)
    throw new api.InputError(`${name}=${text} is neither 0 nor 1`, { path: 'cmdline' }, CMDLINE[name])
  return value
}

/** Of several, the last one counts. */
export const lastValue = (api: PluginApi, options: KernelOptions, name: string): string | undefined => {
  const value = options.cmdline[name]
  if (value !== true) return value === undefined ? undefined : api.valuesOf(value).at(-1)
  throw new api.InputError(`${name} needs a value`, { path: 'cmdline' }, CMDLINE[name])
}
