// What a device reaches without an IOMMU: masks, bus limit and windows against the machine's memory.
import type { DmaAddr, Host, PhysAddr, PluginApi } from '@dmalab/api'

export interface DirectLimits {
  /** dma_capable: does the device reach every byte? `at` undefined stands for DMA_MAPPING_ERROR. */
  capable(at: DmaAddr | undefined, size: number): boolean
  /** dma_coherent_ok: is the memory usable for coherent allocations? */
  coherentOk(at: PhysAddr, size: number): boolean
  /** Largest bus address for streaming mappings. */
  limit(): number
  coherentLimit(): number
  requiredMaskBits(): number
  /** dma_addressing_limited: cannot reach all memory. */
  addressingLimited(): boolean
  allRamMapped(): boolean
  supported(mask: number): boolean
  maxMappingSize(): number
}

export const directLimits = (api: PluginApi, host: Host): DirectLimits => {
  const { device } = host
  const { PAGE_SIZE, phys } = api
  const busLimit = (): number => device.facts.busLimit ?? Infinity
  const limit = (): number => Math.min(device.dmaMask, busLimit())
  const coherentLimit = (): number => Math.min(device.coherentDmaMask, busLimit())
  const lastPage = (): PhysAddr => {
    const end = Math.max(...host.ram.map((range) => range.base + range.len))
    return phys((Math.ceil(end / PAGE_SIZE) - 1) * PAGE_SIZE)
  }

  /** Models: Linux v6.12 kernel/dma/direct.c: dma_direct_get_required_mask */
  const requiredMaskBits = (): number => {
    const highest = host.physToDma(lastPage())
    return highest === undefined ? 64 : BigInt(highest).toString(2).length
  }

  /** In whole pages, as the kernel walks. Models: Linux v6.12 kernel/dma/direct.c: check_ram_in_range_map */
  const allRamMapped = (): boolean => {
    const windows = (device.facts.dmaRanges ?? []).map(({ cpu, len }) => ({
      first: Math.floor(cpu / PAGE_SIZE),
      pages: Math.floor(len / PAGE_SIZE),
    }))
    if (windows.length === 0) return true
    return host.ram.every(({ base, len }) => {
      const end = Math.floor((base + len) / PAGE_SIZE)
      for (let page = Math.ceil(base / PAGE_SIZE); page < end;) {
        const window = windows.find((w) => page >= w.first && page - w.first < w.pages)
        if (window === undefined) return false
        page = window.first + window.pages
      }
      return true
    })
  }

  /** Models: Linux v6.12 kernel/dma/mapping.c: dma_addressing_limited */
  const addressingLimited = (): boolean =>
    limit() < 2 ** requiredMaskBits() - 1 || (host.kernel.windowsLimit && !allRamMapped())

  return {
    limit,
    coherentLimit,
    requiredMaskBits,
    allRamMapped,
    addressingLimited,

    /** Models: Linux v6.12 include/linux/dma-direct.h: dma_capable */
    capable(at, size) {
      if (at === undefined) return false
      const last = at + size - 1
      return last <= device.dmaMask && last <= busLimit()
    },

    /** Models: Linux v6.12 kernel/dma/direct.c: dma_coherent_ok */
    coherentOk(at, size) {
      const bus = host.physToDma(at)
      return bus !== undefined && bus + size - 1 <= coherentLimit()
    },

    /** Models: Linux v6.12 kernel/dma/direct.c: dma_direct_supported */
    supported(mask) {
      if (mask >= 2 ** 32 - 1) return true
      const wanted = phys(Math.min(lastPage(), host.kernel.zoneDmaLimit ?? Infinity))
      const bus = host.physToDma(wanted)
      return bus !== undefined && mask >= bus
    },

    /** Models: Linux v6.12 kernel/dma/direct.c: dma_direct_max_mapping_size */
    maxMappingSize() {
      const pool = host.swiotlb()
      return pool !== null && (addressingLimited() || pool.force) ? pool.maxMappingSize() : Infinity
    },
  }
}

/**
 * What a kernel says of an address that a device does not reach; `at` undefined stands for DMA_MAPPING_ERROR.
 * Models: Linux v6.12 kernel/dma/direct.h: dma_direct_map_page
 */
export const overflowText = (what: string, at: DmaAddr | undefined, size: number, { device, kernel }: Host): string => {
  const digits = 2 * kernel.dmaAddrSize
  const where = at === undefined ? 'f'.repeat(digits) : at.toString(16).padStart(digits, '0')
  return `${what} 0x${where}+${size} overflow (mask ${hex64(device.dmaMask)}, bus limit ${hex64(device.facts.busLimit ?? 0)}).`
}

/** Numbers cannot hold 2^64 - 1. */
const hex64 = (value: number): string => (value >= 2 ** 64 - 1 ? 'f'.repeat(16) : value.toString(16))
