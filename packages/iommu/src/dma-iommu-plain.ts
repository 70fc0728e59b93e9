// The short way of DmaDomain.map and unmap for one page of ordinary memory: a bus address of the cache, then lines and table entry in one
// call of the engine. Whatever is not one clear entry takes the other way; a test holds both equal.
import type { Direction, DmaAddr, IommuLimits, IommuPlain, IommuTrace, PhysAddr, PlainMaintenance } from '@dmalab/api'
import type { PageTable } from '@dmalab/hot'
import { type DmaDomain, lastPage } from './dma-iommu.ts'
import type { Tlb } from './dma-iommu-tlb.ts'

export interface PlainPagesParts {
  readonly table: PageTable
  readonly domain: DmaDomain
  readonly tlb: Tlb
  readonly trace: IommuTrace
}

export class PlainPages implements IommuPlain {
  private readonly table: PageTable
  private readonly domain: DmaDomain
  private readonly tlb: Tlb
  private readonly trace: IommuTrace
  private readonly granule: number
  /** What the last mapping was limited by, and the last page that it allows. */
  private limits: IommuLimits | undefined
  private last = 0

  constructor({ table, domain, tlb, trace }: PlainPagesParts) {
    this.table = table
    this.domain = domain
    this.tlb = tlb
    this.trace = trace
    this.granule = domain.granule
  }

  map(at: PhysAddr, size: number, prot: number, limits: IommuLimits, memory: PlainMaintenance, dir: Direction): number {
    const { granule } = this
    if (size > granule || (limits !== this.limits && !this.limitedBy(limits))) return -1
    const work = memory.mapWork(at, size, dir)
    if (work < 0) return -1
    const { iova: cache } = this.domain
    const page = cache.takeOne(this.last)
    if (page < 0) return -1
    const iova = page * granule
    if (!this.table.mapPage(iova, at, size, prot, work, memory.old)) {
      cache.giveBackOne(page)
      return -1
    }
    memory.mapped(work)
    this.trace.map(iova, at, granule)
    return iova
  }

  unmap(at: DmaAddr, size: number, memory: PlainMaintenance, dir: Direction): number {
    const { granule, domain } = this
    const page = Math.floor(at / granule)
    if (size > granule || page * granule !== at) return -1
    const work = memory.unmapWork(dir)
    if (work < 0) return -1
    const phys = this.table.unmapPage(at, size, work, memory.old, memory.from, memory.end)
    if (phys < 0) return -1
    memory.unmapped(work, phys, size)
    this.trace.unmap(at, granule, granule)
    if (domain.queue !== undefined) {
      domain.queue.queue(page, 1)
    } else {
      this.tlb.invalidate(at, granule)
      domain.iova.free(page, 1)
    }
    return phys
  }

  /** False while addresses below 4 GiB are tried first. */
  private limitedBy(limits: IommuLimits): boolean {
    if (limits.pci32) return false
    this.limits = limits
    this.last = lastPage(limits, this.granule)
    return true
  }
}
