// Which CMA areas a machine has under a kernel: its reusable regions, and the default area that `cma=` puts elsewhere.
import { bytes, type EventSink, hex, type KernelFacts, type Pfn, type Range, type ReservedRegion } from '@dmalab/api'
import { CmaArea, suggestedCma } from './cma.ts'
import type { Intervals } from './intervals.ts'

/** Areas come in page blocks. Models: Linux v6.12 include/linux/cma.h: CMA_MIN_ALIGNMENT_BYTES */
const PAGE_BLOCK = 4 * 2 ** 20

export interface CmaPlan {
  /** Regions that stay reserved. */
  readonly reserved: readonly ReservedRegion[]
  /** `cma=` was given: there is another default area, or none. */
  readonly asked: KernelFacts['cma']
}

/**
 * With `cma=` the region that the device tree names as default is ordinary memory again.
 *
 * Models: Linux v6.12 kernel/dma/contiguous.c: rmem_cma_setup
 */
export const planCma = (regions: readonly ReservedRegion[], { cma }: KernelFacts): CmaPlan => ({
  reserved: cma === null ? regions : regions.filter((region) => !(isCma(region) && region.default === 'cma')),
  asked: cma,
})

export const isCma = ({ compatible, reusable, noMap }: ReservedRegion): boolean =>
  compatible === 'shared-dma-pool' && reusable && !noMap

export interface CmaSite {
  readonly sink: EventSink
  readonly longBits: 32 | 64
  /** RAM that the kernel uses. */
  readonly managed: readonly Range[]
  /** Memory that is still free; an area is cut out of it. */
  readonly free: Intervals<true>
  /** End of what the architecture allows for the default area, exclusive. */
  readonly top: number
}

export class CmaAreas {
  readonly all: readonly CmaArea[]
  /** dma_contiguous_default_area. */
  readonly byDefault: CmaArea | undefined
  /** Why there is no default area. */
  private readonly absent: string

  constructor({ reserved, asked }: CmaPlan, site: CmaSite) {
    const make = (setup: { name: string; base: number; len: number }) => new CmaArea(setup, site.sink, site.longBits)
    // An area that the kernel has no memory for is not activated.
    const regions = reserved.filter((region) => isCma(region) && isRam(site.managed, region))
    const areas = regions.map(make)
    const placed = asked === null || asked.size === 0 ? undefined : place(asked, site)
    const added = placed === undefined ? undefined : make({ name: 'reserved', ...placed })
    this.all = added === undefined ? areas : [...areas, added]
    this.absent =
      asked === null
        ? 'the board states no default CMA area'
        : asked.size === 0
          ? 'cma=0 asks for no CMA area'
          : unplaced(asked, site)
    this.byDefault = added ?? areas[regions.findIndex((region) => region.default === 'cma')]
  }

  named(name: string): CmaArea | undefined {
    return this.all.find((area) => area.name === name)
  }

  /** Why an area, or the default one, does not give `size` bytes. */
  lacks(size: number, name?: string, limit?: number): string {
    const area = name === undefined ? this.byDefault : this.named(name)
    if (area !== undefined) return area.lacks(size, limit)
    return `${bytes(size)} of contiguous memory are needed and ${this.absent}: try cma=${suggestedCma(size)}M`
  }

  holding(pfn: Pfn): CmaArea | undefined {
    return this.all.find((area) => area.contains(pfn))
  }
}

/**
 * The highest place that is free, or the one that was asked for.
 *
 * Models: Linux v6.12 kernel/dma/contiguous.c: dma_contiguous_reserve
 * Models: Linux v6.12 mm/cma.c: cma_declare_contiguous_nid
 * Leaves out: highmem first on 32-bit machines.
 */
const place = (
  { size, base = 0, limit = Infinity }: NonNullable<KernelFacts['cma']>,
  { free, top, sink }: CmaSite,
): { base: number; len: number } | undefined => {
  const len = Math.ceil(size / PAGE_BLOCK) * PAGE_BLOCK
  const end = Math.min(limit, top)
  for (const range of free.all().toReversed()) {
    const at = Math.floor((Math.min(range.end, end) - len) / PAGE_BLOCK) * PAGE_BLOCK
    if (at < Math.max(range.base, base)) continue
    free.delete(at, len)
    return { base: at, len }
  }
  sink.emit({ event: 'printk', level: 'err', text: `cma: Failed to reserve ${Math.floor(len / 2 ** 20)} MiB` })
  return undefined
}

/** What is left of it when it could not be made. */
const unplaced = (
  { size, base = 0, limit = Infinity }: NonNullable<KernelFacts['cma']>,
  { free, top }: CmaSite,
): string => {
  const end = Math.min(limit, top)
  const pieces = free.all().map((range) => Math.min(range.end, end) - Math.max(range.base, base))
  const largest = Math.max(0, ...pieces)
  const where = end === Infinity ? '' : ` below ${hex(end)}`
  return `cma=${size / 2 ** 20}M could not be made: the largest free piece${where} has ${bytes(largest)}`
}

const isRam = (managed: readonly Range[], { base, len }: Range): boolean =>
  managed.some((bank) => base >= bank.base && base + len <= bank.base + bank.len)
