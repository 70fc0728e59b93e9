// Streaming mappings behind an IOMMU, as arch/arm had them before dma-iommu: each entry or chunk of a list gets bus addresses of
// its own.
import type { Direction, DmaAddr, KError, KResult, PhysAddr, PluginApi, SgPage, SgTable } from '@dmalab/api'
import type { PageCode, PageMaintenance } from '../page-maintenance.ts'
import type { IovaBitmaps } from './iova-bitmaps.ts'

/** iommu_map, iommu_unmap, iommu_iova_to_phys of the domain. Lengths are bytes, whole pages. */
interface IommuMapper {
  map(at: DmaAddr, phys: PhysAddr, len: number, prot: number): KResult<void>
  unmap(at: DmaAddr, len: number): void
  toPhys(at: DmaAddr): PhysAddr | undefined
}

/** What the operations of one device work with. */
export interface ArmIommuParts {
  /** Which release's code of these files. */
  readonly code: PageCode
  readonly space: Pick<IovaBitmaps, 'alloc' | 'free'>
  readonly mapper: IommuMapper
  readonly caches: PageMaintenance
  /** DMA_ERROR_CODE, later DMA_MAPPING_ERROR: all ones of as many bits as dma_addr_t has. */
  readonly errorCode: DmaAddr
  /** dma_get_max_seg_size(), bytes. */
  readonly maxSegment: number
  /** page_to_phys(): as wide as phys_addr_t. */
  pageToPhys(page: SgPage): PhysAddr
  /** phys_to_page(). */
  physToPage(at: PhysAddr): SgPage
  /** An unmap took bus address 0 for no mapping. */
  keptZero(): void
  bug(what: string): never
}

/** One operation's view of the device's caches: a coherent device needs no work. */
export interface ArmIommuStreaming {
  mapPage(page: SgPage, offset: number, size: number, dir: Direction, attrs: number): KResult<DmaAddr>
  unmapPage(handle: DmaAddr, size: number, dir: Direction, attrs: number): void
  mapSg(list: SgTable, nents: number, dir: Direction, attrs: number): KResult<number>
  unmapSg(list: SgTable, nents: number, dir: Direction, attrs: number): void
  mapResource(at: PhysAddr, size: number, dir: Direction, attrs: number): KResult<DmaAddr>
  unmapResource(handle: DmaAddr, size: number): void
  syncSingle(handle: DmaAddr, size: number, dir: Direction, side: 'cpu' | 'device'): void
  syncSg(list: SgTable, nents: number, dir: Direction, side: 'cpu' | 'device'): void
  /** Undoes one stretch of bus addresses. */
  remove(handle: DmaAddr, size: number): void
}

const PROT_READ = 1
const PROT_WRITE = 2
const PROT_MMIO = 16
const PROT_PRIV = 32

/** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __dma_info_to_prot */
export const protOf = (api: PluginApi, dir: Direction, attrs: number): number => {
  const { ATTR, DIR, has } = api
  const access = {
    [DIR.BIDIRECTIONAL]: PROT_READ + PROT_WRITE,
    [DIR.TO_DEVICE]: PROT_READ,
    [DIR.FROM_DEVICE]: PROT_WRITE,
    [DIR.NONE]: 0,
  }
  return access[dir] + (has(attrs, ATTR.PRIVILEGED) ? PROT_PRIV : 0)
}

export const armIommuStreaming = (api: PluginApi, parts: ArmIommuParts, coherent: boolean): ArmIommuStreaming => {
  const { code, space, mapper, caches, errorCode } = parts
  const { ATTR, PAGE_SIZE, fail, has, ok, pageAlign } = api
  const quiet = (attrs: number): boolean => coherent || has(attrs, ATTR.SKIP_CPU_SYNC)
  const pageOf = (handle: DmaAddr): DmaAddr => (handle - (handle % PAGE_SIZE)) as DmaAddr
  /** v4.11 knew no errno there: 0 entries, which becomes -EIO. */
  const mapSgErrno = ({ errno }: KError) => {
    if (code === 'v4.11') return 'EIO'
    return errno === 'ENOMEM' ? 'ENOMEM' : 'EINVAL'
  }
  const noSpace = (size: number) => fail('ENOMEM', `no bus address for ${size} bytes`)
  const free = (at: DmaAddr, size: number): void => {
    if (!space.free(at, size)) parts.bug('bus addresses are freed that are not of this mapping')
  }

  const place = (phys: PhysAddr, offset: number, size: number, prot: number): KResult<DmaAddr> => {
    const len = pageAlign(size + offset)
    const at = space.alloc(len)
    if (at === undefined) return noSpace(len)
    const mapped = mapper.map(at, phys, len, prot)
    if (mapped.ok) return ok((at + offset) as DmaAddr)
    free(at, len)
    return mapped
  }

  /** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __iommu_remove_mapping */
  const remove = (handle: DmaAddr, size: number): void => {
    const len = pageAlign((handle % PAGE_SIZE) + size)
    mapper.unmap(pageOf(handle), len)
    free(pageOf(handle), len)
  }

  /** The page behind a bus address; where nothing is mapped the kernel goes on with physical address 0. */
  const pageBehind = (handle: DmaAddr): SgPage => parts.physToPage(mapper.toPhys(pageOf(handle)) ?? (0 as PhysAddr))

  /**
   * Entries from `first` on, `size` bytes in all (offset of the first included), side by side. A failure undoes what this chunk
   * mapped, even if that is nothing.
   * Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __map_sg_chunk
   */
  const mapChunk = (list: SgTable, first: number, size: number, dir: Direction, attrs: number): KResult<DmaAddr> => {
    const len = pageAlign(size)
    const base = space.alloc(len)
    if (base === undefined) return noSpace(len)
    for (let i = first, done = 0; done < len; i++) {
      const entry = list.entry(i)
      const phys = parts.pageToPhys(entry.page)
      const part = pageAlign(entry.offset + entry.length)
      if (!quiet(attrs)) caches.cpuToDev(entry.page, entry.offset, entry.length, dir)
      const mapped = mapper.map((base + done) as DmaAddr, phys, part, protOf(api, dir, attrs))
      if (!mapped.ok) {
        mapper.unmap(base, done)
        free(base, len)
        return mapped
      }
      done += part
    }
    return ok(base)
  }

  return {
    remove,

    /** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: arm_iommu_map_page, arm_coherent_iommu_map_page */
    mapPage: (page, offset, size, dir, attrs) => {
      if (!quiet(attrs)) caches.cpuToDev(page, offset, size, dir)
      const handle = place(parts.pageToPhys(page), offset, size, protOf(api, dir, attrs))
      return handle.ok ? handle : fail('EIO', handle.why)
    },

    /**
     * Bus address 0 counts as no mapping, so the first page of a window that starts at 0 stays mapped.
     * Models: Linux v4.11 arch/arm/mm/dma-mapping.c: arm_iommu_unmap_page, arm_coherent_iommu_unmap_page
     */
    unmapPage: (handle, size, dir, attrs) => {
      if (pageOf(handle) === 0) return parts.keptZero()
      if (!quiet(attrs)) caches.devToCpu(pageBehind(handle), handle % PAGE_SIZE, size, dir)
      remove(handle, size)
    },

    /**
     * A new chunk begins at an entry with an offset, behind one that does not end on a page, or where the segment would get too long.
     * Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __iommu_map_sg
     * Models: Linux v6.12 arch/arm/mm/dma-mapping.c: arm_iommu_map_sg
     */
    mapSg: (list, nents, dir, attrs) => {
      let { offset } = list.entry(0)
      let size = offset + list.entry(0).length
      let start = 0
      let count = 0
      const close = (): KResult<DmaAddr> => {
        const base = mapChunk(list, start, size, dir, attrs)
        if (base.ok) list.setDma(count++, (base.value + offset) as DmaAddr, size - offset)
        else list.setDma(count, errorCode, list.entry(count).dmaLength)
        return base
      }
      const undo = (failed: KError): KResult<number> => {
        for (let i = 0; i < count; i++) remove(list.entry(i).dmaAddress, list.entry(i).dmaLength)
        return fail(mapSgErrno(failed), `entry ${start}: ${failed.why}`)
      }
      for (let i = 1; i < nents; i++) {
        const entry = list.entry(i)
        list.setDma(i, code === 'v4.11' ? errorCode : entry.dmaAddress, 0)
        if (entry.offset > 0 || size % PAGE_SIZE > 0 || size + entry.length > parts.maxSegment) {
          const closed = close()
          if (!closed.ok) return undo(closed)
          size = offset = entry.offset
          start = i
        }
        size += entry.length
      }
      const closed = close()
      return closed.ok ? ok(count) : undo(closed)
    },

    /** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __iommu_unmap_sg */
    unmapSg: (list, nents, dir, attrs) => {
      for (let i = 0; i < nents; i++) {
        const { page, offset, length, dmaAddress, dmaLength } = list.entry(i)
        if (dmaLength > 0) remove(dmaAddress, dmaLength)
        if (!quiet(attrs)) caches.devToCpu(page, offset, length, dir)
      }
    },

    /** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: arm_iommu_map_resource */
    mapResource: (at, size, dir, attrs) => {
      const handle = place(
        (at - (at % PAGE_SIZE)) as PhysAddr,
        at % PAGE_SIZE,
        size,
        protOf(api, dir, attrs) + PROT_MMIO,
      )
      return handle.ok ? handle : fail('EIO', handle.why)
    },
    /** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: arm_iommu_unmap_resource */
    unmapResource: (handle, size) => {
      if (pageOf(handle) === 0) parts.keptZero()
      else remove(handle, size)
    },

    /** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: arm_iommu_sync_single_for_cpu, arm_iommu_sync_single_for_device */
    syncSingle: (handle, size, dir, side) => {
      if (pageOf(handle) === 0) return
      const page = pageBehind(handle)
      if (side === 'cpu') caches.devToCpu(page, handle % PAGE_SIZE, size, dir)
      else caches.cpuToDev(page, handle % PAGE_SIZE, size, dir)
    },

    /** By page, not by bus address. Models: Linux v4.11 arch/arm/mm/dma-mapping.c: arm_iommu_sync_sg_for_cpu, arm_iommu_sync_sg_for_device */
    syncSg: (list, nents, dir, side) => {
      for (let i = 0; i < nents; i++) {
        const { page, offset, length } = list.entry(i)
        if (side === 'cpu') caches.devToCpu(page, offset, length, dir)
        else caches.cpuToDev(page, offset, length, dir)
      }
    },
  }
}
