// Coherent memory behind an IOMMU on v4.11 ARM: pages from anywhere, one stretch of bus addresses, one stretch of vmalloc space.
import type {
  Coherent,
  DmaAddr,
  Host,
  KernelVaddr,
  KResult,
  MapKind,
  Pfn,
  PluginApi,
  SgTable,
  UserMapping,
} from '@dmalab/api'
import { type ArmIommuParts, type ArmIommuStreaming, protOf } from './streaming.ts'

/** One allocation: its pages in order, and how they were taken. */
interface Block {
  readonly pages: readonly Pfn[]
  readonly chunks: readonly { readonly pfn: Pfn; readonly len: number }[]
  readonly contiguous: boolean
  /** Mapped into the vmalloc window. */
  readonly remapped: boolean
}

interface LiveBlock extends Block {
  /** __iommu_get_pages() finds its pages: by its vmalloc area, or taking the cookie for them. A linear address has neither. */
  readonly pagesKnown: boolean
}

export interface IommuCoherentMemory {
  alloc(size: number, attrs: number, owner: string): KResult<Coherent>
  free(size: number, cpuAddr: KernelVaddr, handle: DmaAddr): void
  mmap(cpuAddr: KernelVaddr, pgoff: number, userLen: number, attrs: number): KResult<UserMapping>
  getSgtable(cpuAddr: KernelVaddr, size: number): KResult<SgTable>
}

/** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: iommu_order_array */
const ORDERS = [9, 8, 4, 0]

/** @param coherent the device snoops: pages come in one piece and keep their linear address */
export const iommuCoherentMemory = (
  api: PluginApi,
  host: Host,
  parts: ArmIommuParts,
  streaming: ArmIommuStreaming,
  coherent: boolean,
): IommuCoherentMemory => {
  const { mem, device } = host
  const { ATTR, DIR, PAGE_SIZE, fail, has, hex, ok, pageAlign, pagesFor, physOf } = api
  const blocks = new Map<KernelVaddr, LiveBlock>()

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
    const block = { pages: [] as Pfn[], chunks: [] as { pfn: Pfn; len: number }[], contiguous: false, remapped: true }
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
      host.arch.clearBuffer(physOf(got.value), size, coherent)
      block.chunks.push({ pfn: got.value, len: size })
      block.pages.push(...run(got.value, size))
      left -= 2 ** order
    }
    return ok(block)
  }

  const inOnePiece = (len: number, owner: string): KResult<Block> => {
    const got = host.allocContiguous(len, { owner })
    if (!got.ok) return got
    host.arch.clearBuffer(physOf(got.value), len, coherent)
    return ok({ pages: run(got.value, len), chunks: [{ pfn: got.value, len }], contiguous: true, remapped: !coherent })
  }

  /** Physical neighbours are mapped together. Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __iommu_create_mapping */
  const place = (pages: readonly Pfn[], attrs: number): KResult<DmaAddr> => {
    const len = pages.length * PAGE_SIZE
    const base = parts.space.alloc(len)
    if (base === undefined) return fail('ENOMEM', `no bus address for ${len} bytes`)
    for (let i = 0; i < pages.length;) {
      const first = pages[i] ?? (0 as Pfn)
      let n = 1
      while (pages[i + n] === first + n) n++
      const at = (base + i * PAGE_SIZE) as DmaAddr
      const mapped = parts.mapper.map(at, physOf(first), n * PAGE_SIZE, protOf(api, DIR.BIDIRECTIONAL, attrs))
      if (!mapped.ok) {
        parts.mapper.unmap(base, i * PAGE_SIZE)
        parts.space.free(base, len)
        return mapped
      }
      i += n
    }
    return ok(base)
  }

  const mapForKernel = (block: Block, attrs: number): KResult<KernelVaddr> => {
    const first = block.pages[0] ?? (0 as Pfn)
    if (has(attrs, ATTR.NO_KERNEL_MAPPING)) return ok(mem.pageStructAddress(first))
    return block.remapped ? mem.vmap(block.pages, kindOf(attrs)) : ok(mem.linearAddress(physOf(first)))
  }

  return {
    /**
     * Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __arm_iommu_alloc_attrs
     * Leaves out: atomic allocations (the pool); a coherent device's page array has one page, which only its first page's mapping may trust.
     */
    alloc: (size, attrs, owner) => {
      const len = pageAlign(size)
      const got = coherent || has(attrs, ATTR.FORCE_CONTIGUOUS) ? inOnePiece(len, owner) : gather(len, attrs, owner)
      if (!got.ok) return got
      const handle = place(got.value.pages, attrs)
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
      const remapped = got.value.remapped && !has(attrs, ATTR.NO_KERNEL_MAPPING)
      const pagesKnown = got.value.remapped || has(attrs, ATTR.NO_KERNEL_MAPPING)
      blocks.set(cpuAddr.value, { ...got.value, remapped, pagesKnown })
      return ok({ cpuAddr: cpuAddr.value, handle: handle.value })
    },

    /** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __arm_iommu_free_attrs */
    free: (size, cpuAddr, handle) => {
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

    /** Memory that did not come from here, a pool's, has no page array. Models: Linux v4.11 arch/arm/mm/dma-mapping.c: __arm_iommu_mmap_attrs */
    mmap: (cpuAddr, pgoff, userLen, attrs) => {
      const block = blocks.get(cpuAddr)
      if (block?.pagesKnown !== true) return fail('ENXIO', `no page array belongs to ${hex(cpuAddr)}`)
      const wanted = pagesFor(userLen)
      if (pgoff >= block.pages.length || wanted > block.pages.length - pgoff)
        return fail('ENXIO', 'the mapping is longer than the buffer')
      const pages = block.pages.slice(pgoff, pgoff + wanted)
      const [first] = pages
      if (first === undefined) return fail('ENXIO', 'nothing is asked for')
      return ok({ phys: physOf(first), len: wanted * PAGE_SIZE, kind: kindOf(attrs), pages })
    },

    /** Models: Linux v4.11 arch/arm/mm/dma-mapping.c: arm_iommu_get_sgtable */
    getSgtable: (cpuAddr, size) => {
      const block = blocks.get(cpuAddr)
      if (block?.pagesKnown !== true) return fail('ENXIO', `no page array belongs to ${hex(cpuAddr)}`)
      return host.sg.fromPages({
        pfns: block.pages.slice(0, pagesFor(size)),
        offset: 0,
        size,
        maxSegment: 2 ** 32 - PAGE_SIZE,
      })
    },
  }
}
