// The short way of iommu_dma_map_page and iommu_dma_unmap_page: ordinary memory, no attributes, nothing that may bounce. Whatever else
// there is takes the kernel's path in dma-iommu-ops.ts; a test holds both equal.
import type { Direction, DmaAddr, Host, IommuDomain, IommuLimits, PhysAddr, PlainMaintenance } from '@dmalab/api'
import type { Bounce } from './bounce.ts'

export interface PlainPages {
  /** The bus address; -1: nothing was done. */
  map(at: PhysAddr, size: number, dir: Direction): number
  /** False: nothing was done. */
  unmap(handle: DmaAddr, size: number, dir: Direction): boolean
}

export interface PlainPagesParts {
  readonly host: Host
  readonly domain: IommuDomain
  readonly bounce: Bounce
  /** Protection bits by direction. */
  readonly prots: readonly number[]
  readonly limits: () => IommuLimits
}

/** From so many bytes on no buffer is a small one of kmalloc(). */
const SURELY_LARGE = 4096
const EVERYWHERE = 2 ** 52

/** Of a device that snoops. */
const NO_MAINTENANCE: PlainMaintenance = {
  from: 0,
  end: EVERYWHERE,
  old: 0,
  mapWork: () => 0,
  unmapWork: () => 0,
  mapped() {},
  unmapped() {},
}

/** Undefined: all mappings of the device take the kernel's path. */
export const plainPages = ({ host, domain, bounce, prots, limits }: PlainPagesParts): PlainPages | undefined => {
  const { device, plainMaintenance } = host
  const memory = device.facts.coherent ? NO_MAINTENANCE : plainMaintenance
  const { plain } = domain
  if (plain === null || memory === null || device.facts.pci?.untrusted === true) return undefined
  return {
    map(at, size, dir) {
      if (size < SURELY_LARGE && (size <= 0 || bounce.wanted(size, dir))) return -1
      return plain.map(at, size, prots[dir] ?? 0, limits(), memory, dir)
    },
    unmap(handle, size, dir) {
      const at = size > 0 ? plain.unmap(handle, size, memory, dir) : -1
      if (at < 0) return false
      bounce.giveBack(at as PhysAddr, size, dir, 0)
      return true
    },
  }
}
