// Coherent memory behind an IOMMU on 32-bit ARM: pages from anywhere, one stretch of bus addresses, one stretch of vmalloc space.
import type {
  Coherent,
  DmaAddr,
  Host,
  KernelVaddr,
  KResult,
  MapKind,
  Pfn,
  PluginApi,
  SgPage,
  SgTable,
  UserMapping,
} from '@dmalab/api'
import { createMapping } from './create-mapping.ts'
import { pagePointers } from './page-pointers.ts'
import { simpleMemory } from './simple-memory.ts'
import type { ArmIommuParts, ArmIommuStreaming } from './streaming.ts'

/** One allocation of pages: in order, and how they were taken. */
interface Block {
  readonly pages: readonly Pfn[]
  readonly chunks: readonly { readonly pfn: Pfn; readonly len: number }[]
  readonly contiguous: boolean
}

interface LiveBlock extends Block {
  /** Mapped into the vmalloc window; else the kernel's address is that of the page array. */
  readonly remapped: boolean
}

export interface IommuCoherentMemory {
  alloc(size: number, attrs: number, owner: string): KResult<Coherent>
  /** For a caller that may not sleep. */
  allocAtomic(size: number, attrs: number, owner: string): KResult<Coherent>
  free(size: number, cpuAddr: KernelVaddr, handle: DmaAddr): void
  mmap(cpuAddr: KernelVaddr, size: number, pgoff: number, userLen: number, attrs: number): KResult<UserMapping>
  getSgtable(cpuAddr: KernelVaddr, size: number, attrs: number): KResult<SgTable>
}

/** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: iommu_order_array */
const ORDERS = [9, 8, 4, 0]

/** @param coherent the device snoops: all its memory is that of simple-memory.ts */
export const iommuCoherentMemory = (
  api: PluginApi,
  host: Host,
  parts: ArmIommuParts,
  streaming: ArmIommuStreaming,
  coherent: boolean,
): IommuCoherentMemory => {
  const { mem, device } = host
  const { ATTR, PAGE_SIZE, fail, has, hex, ok, pageAlign, pagesFor, physOf } = api
  const blocks = new Map<KernelVaddr, LiveBlock>()
  const create = createMapping(api, host, parts)
  const simple = simpleMemory(api, host, { create, streaming, ...parts }, coherent)
  const pointers = pagePointers(api, host, parts.code)

  const kindOf = (attrs: number): MapKind =>
    coherent ? 'cached' : has(attrs, ATTR.WRITE_COMBINE) ? 'writecombine' : 'uncached'
  const run = (pfn: Pfn, len: number): Pfn[] => Array.from({ length: len / PAGE_SIZE }, (_, i) => (pfn + i) as Pfn)

  const release = ({ chunks, contiguous }: Pick<Block, 'chunks' | 'contiguous'>): void => {
    for (const { pfn, len } of chunks) {
      if (contiguous) mem.freeContiguous(pfn, len)
      else mem.freePages(pfn, len)
    }
  }

  /** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __iommu_alloc_buffer */
  const gather = (len: number, attrs: number, owner: string): KResult<Block> => {
    const orders = has(attrs, ATTR.ALLOC_SINGLE_PAGES) ? [0] : [...ORDERS]
    const block = { pages: [] as Pfn[], chunks: [] as { pfn: Pfn; len: number }[], contiguous: false }
    for (let left = len / PAGE_SIZE; left > 0;) {
      const order = orders[0] ?? 0
      const size = PAGE_SIZE * 2 ** order
      const got = 2 ** order > left ? undefined : mem.allocPages(size, { owner, highmem: true })
      if (got?.ok !== true) {
        orders.shift()
        if (orders.length > 0) continue
        release(block)
        return fail('ENOMEM', `no ${left} pages are left for ${device.name}`)
      }
      host.arch.clearBuffer(physOf(got.value), size, false)
      block.chunks.push({ pfn: got.value, len: size })
      block.pages.push(...run(got.value, size))
      left -= 2 ** order
    }
    return ok(block)
  }

  const inOnePiece = (len: number, owner: string): KResult<Block> => {
    const got = host.allocContiguous(len, { owner })
    if (!got.ok) return got
    host.arch.clearBuffer(physOf(got.value), len, false)
    return ok({ pages: run(got.value, len), chunks: [{ pfn: got.value, len }], contiguous: true })
  }

  const mapForKernel = ({ pages: [first = 0 as Pfn, ...rest] }: Block, attrs: number): KResult<KernelVaddr> =>
    has(attrs, ATTR.NO_KERNEL_MAPPING) ? ok(mem.pageStructAddress(first)) : mem.vmap([first, ...rest], kindOf(attrs))

  /** Memory that did not come from here, a pool's, has no page array. Models: Linux v6.12 arch/arm/mm/dma-mapping.c: __iommu_get_pages */
  const pagesOf = (cpuAddr: KernelVaddr, count: number, attrs: number): readonly SgPage[] | undefined => {
    if (simple.inPool(cpuAddr)) return pointers.ofPoolMemory(cpuAddr, count)
    const block = blocks.get(cpuAddr)
    const isArray = has(attrs, ATTR.NO_KERNEL_MAPPING)
    if (isArray && block?.remapped !== false) return pointers.atAddress(cpuAddr, count)
    if (block === undefined || block.remapped === isArray) return undefined
    return block.pages.slice(0, count).map((pfn) => ({ kind: 'page', pfn }))
  }
  const noPages = (cpuAddr: KernelVaddr) => fail('ENXIO', `no page array belongs to ${hex(cpuAddr)}`)

  return {
    /** Models: Linux v6.12 arch/arm/mm/dma-mapping.c: arm_iommu_alloc_attrs */
    alloc: (size, attrs, owner) => {
      if (coherent) return simple.alloc(size, attrs, owner)
      const len = pageAlign(size)
      // No pages have no window; CMA has nothing for a count of 0.
      if (len === 0 && (has(attrs, ATTR.FORCE_CONTIGUOUS) || !has(attrs, ATTR.NO_KERNEL_MAPPING)))
        return fail('ENOMEM', 'nothing is mapped for 0 bytes')
      const got = has(attrs, ATTR.FORCE_CONTIGUOUS) ? inOnePiece(len, owner) : gather(len, attrs, owner)
      if (!got.ok) return got
      const pages = got.value.pages.map((pfn) => ({ kind: 'page', pfn }) as const)
      const handle = create(pages, attrs)
      if (!handle.ok) {
        release(got.value)
        return handle
      }
      const cpuAddr = mapForKernel(got.value, attrs)
      if (!cpuAddr.ok) {
        streaming.remove(handle.value, len)
        release(got.value)
        return cpuAddr
      }
      blocks.set(cpuAddr.value, { remapped: !has(attrs, ATTR.NO_KERNEL_MAPPING), ...got.value })
      return ok({ cpuAddr: cpuAddr.value, handle: handle.value })
    },
    allocAtomic: (size, attrs, owner) => simple.alloc(size, attrs, owner),

    /** Models: Linux v6.12 arch/arm/mm/dma-mapping.c: arm_iommu_free_attrs */
    free: (size, cpuAddr, handle) => {
      if (simple.free(size, cpuAddr, handle)) return
      const block = blocks.get(cpuAddr)
      if (block === undefined) {
        host.printk('warn', `trying to free invalid coherent area: ${hex(cpuAddr)}`)
        return
      }
      blocks.delete(cpuAddr)
      if (block.remapped) mem.unmap(cpuAddr)
      streaming.remove(handle, pageAlign(size))
      release(block)
    },

    /** Models: Linux v6.12 arch/arm/mm/dma-mapping.c: arm_iommu_mmap_attrs */
    mmap: (cpuAddr, size, pgoff, userLen, attrs) => {
      const count = pagesFor(size)
      const pages = pagesOf(cpuAddr, count, attrs)
      if (pages === undefined) return noPages(cpuAddr)
      const wanted = pagesFor(userLen)
      if (pgoff >= count || wanted > count - pgoff) return fail('ENXIO', 'the mapping is longer than the buffer')
      const frames = pointers.insert(pages.slice(pgoff, pgoff + wanted))
      if (!frames.ok) return frames
      const [first] = frames.value
      if (first === undefined) return fail('ENXIO', 'nothing is asked for')
      return ok({ phys: physOf(first), len: wanted * PAGE_SIZE, kind: kindOf(attrs), pages: frames.value })
    },

    /** Models: Linux v6.12 arch/arm/mm/dma-mapping.c: arm_iommu_get_sgtable */
    getSgtable: (cpuAddr, size, attrs) => {
      const pages = pagesOf(cpuAddr, pagesFor(size), attrs)
      return pages === undefined ? noPages(cpuAddr) : pointers.table(pages, size)
    },
  }
}
