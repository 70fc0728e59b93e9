// Which DMA masks arch/arm took before its DMA code became dma-direct: those that reach the machine's memory.
import type { Host, KResult, PluginApi } from '@dmalab/api'

export interface MaskCheck {
  /** dma_supported(): what dma_set_mask() and dma_set_coherent_mask() ask. */
  supports(mask: number): boolean
  /** The mask that coherent memory is looked for under. ENOMEM after the kernel has complained: there is none. */
  coherentMask(): KResult<number>
}

const MASK_32 = 2 ** 32 - 1
const UNSIGNED = 2 ** 32
/** arm_dma_pfn_limit where the machine states no dma_zone_size. */
const DMA_PFN_LIMIT = 0xf_ffff

/**
 * A mask is held against the end of memory, not against what is asked for: without a DMA zone a device that misses the last page gets
 * no coherent memory at all.
 *
 * Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __dma_supported, get_coherent_dma_mask
 */
export const maskCheck = (api: PluginApi, host: Host): MaskCheck => {
  const { device, kernel } = host
  const pfn = (at: number): number => Math.floor(at / api.PAGE_SIZE)
  const [window] = device.facts.dmaRanges ?? []
  const offset = window === undefined ? 0 : pfn(window.cpu) - pfn(window.bus)
  // An unsigned long.
  const toPfn = (at: number): number => (((pfn(at) + offset) % UNSIGNED) + UNSIGNED) % UNSIGNED
  const maxPfn = (): number => Math.ceil(Math.max(...host.ram.map(({ base, len }) => base + len)) / api.PAGE_SIZE)
  const hex = (value: number): string => value.toString(16)
  const warn = (text: string): void => host.printk('warn', `${api.devString(device)}: ${text}`)

  const supports = (mask: number, loud: boolean): boolean => {
    const max = maxPfn()
    const isWide = kernel.dmaAddrSize < 8 && mask > MASK_32
    if (isWide && toPfn(MASK_32) < max - 1) {
      if (loud) {
        warn(`Coherent DMA mask 0x${hex(mask)} is larger than dma_addr_t allows`)
        warn('Driver did not use or check the return value from dma_set_coherent_mask()?')
      }
      return false
    }
    const end = Math.min(max, DMA_PFN_LIMIT)
    const last = toPfn(isWide ? MASK_32 : mask)
    if (last >= end) return true
    if (loud)
      warn(
        `Coherent DMA mask 0x${hex(mask)} (pfn 0x${hex(toPfn(0))}-0x${hex(last + 1)}) covers a smaller range of system memory than the DMA zone pfn 0x0-0x${hex(end + 1)}`,
      )
    return false
  }

  return {
    supports: (mask) => supports(mask, false),
    coherentMask() {
      const mask = device.coherentDmaMask
      if (mask === 0) {
        warn('coherent DMA mask is unset')
        return api.fail('ENOMEM', `${device.name} has no coherent DMA mask`)
      }
      if (supports(mask, true)) return api.ok(mask)
      const end = maxPfn() * api.PAGE_SIZE
      return api.fail(
        'ENOMEM',
        `the coherent mask of ${device.name}, 0x${hex(mask)}, ends before memory does, at 0x${hex(end)}`,
      )
    },
  }
}
