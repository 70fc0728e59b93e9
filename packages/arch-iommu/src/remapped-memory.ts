// Coherent memory behind an IOMMU: pages from anywhere, one stretch for the device and one for the kernel.
import type {
  Coherent,
  DmaAddr,
  Host,
  IommuDomain,
  IommuLimits,
  KernelVaddr,
  KResult,
  MapKind,
  Pfn,
  PluginApi,
  SgTable,
  UserMapping,
} from '@dmalab/api'

interface Chunk {
  readonly pfn: Pfn
  readonly len: number
}

/** One allocation; `contiguous` came in one piece and has no page array. */
interface Block {
  readonly chunks: readonly Chunk[]
  readonly len: number
  readonly contiguous: boolean
  readonly remapped: boolean
}

export interface RemappedMemory {
  alloc(size: number, attrs: number, owner: string): KResult<Coherent>
  /** For a caller that may not sleep. */
  allocAtomic(size: number, attrs: number, owner: string): KResult<Coherent>
  free(size: number, cpuAddr: KernelVaddr, handle: DmaAddr): void
  mmap(cpuAddr: KernelVaddr, size: number, pgoff: number, userLen: number, attrs: number): KResult<UserMapping>
  getSgtable(cpuAddr: KernelVaddr, size: number): KResult<SgTable>
}

export interface RemappedOptions {
  readonly domain: IommuDomain
  /** For the coherent mask. */
  /** Of dev->coherent_dma_mask, which a driver may set again. */
  limits(): IommuLimits
  /** One bit per size worth allocating in one piece. */
  readonly allocSizes: number
  readonly coherent: boolean
}

const MAX_PAGE_ORDER = 10

export const remappedMemory = (api: PluginApi, host: Host, options: RemappedOptions): RemappedMemory => {
  const { mem, device } = host
  const { ATTR, PAGE_SIZE, fail, has, IOMMU_PROT: PROT, ok, pageAlign, pagesFor, pfnOf, physOf } = api
  const { domain, coherent } = options
  const blocks = new Map<KernelVaddr, Block>()

  /** Models: Linux v6.12 drivers/iommu/dma-iommu.c: dma_pgprot */
  const kindOf = (attrs: number): MapKind =>
    coherent ? 'cached' : has(attrs, ATTR.WRITE_COMBINE) ? 'writecombine' : 'uncached'

  const protOf = (attrs: number): number =>
    PROT.READ + PROT.WRITE + (coherent ? PROT.CACHE : 0) + (has(attrs, ATTR.PRIVILEGED) ? PROT.PRIV : 0)

  const release = (chunks: readonly Chunk[]): void => {
    for (const { pfn, len } of chunks) mem.freePages(pfn, len)
  }

  /**
   * The biggest pieces first, down to single pages; all zeroed, and cleaned for a device that does not snoop.
   * Models: Linux v6.12 drivers/iommu/dma-iommu.c: __iommu_dma_alloc_pages
   */
  const gather = (size: number, attrs: number, owner: string): KResult<Chunk[]> => {
    const single = has(attrs, ATTR.ALLOC_SINGLE_PAGES)
    const orders = ordersOf(options.allocSizes, PAGE_SIZE).filter((order) => !single || order === 0)
    const chunks: Chunk[] = []
    for (let left = pagesFor(size); left > 0;) {
      const got = firstThatWorks(
        orders.filter((order) => 2 ** order <= left),
        (order) => mem.allocPages(PAGE_SIZE * 2 ** order, { owner, highmem: true }),
      )
      if (got === undefined) {
        release(chunks)
        return fail('ENOMEM', `no ${left} pages are left for ${device.name}`)
      }
      chunks.push({ pfn: got.pfn, len: PAGE_SIZE * 2 ** got.order })
      left -= 2 ** got.order
    }
    for (const { pfn, len: bytes } of chunks) host.arch.clearBuffer(physOf(pfn), bytes, coherent)
    return ok(chunks)
  }

  /** Maps every chunk behind the one before; on a refusal nothing stays. */
  const mapChunks = (chunks: readonly Chunk[], len: number, prot: number): KResult<DmaAddr> => {
    const handle = domain.allocIova(len, options.limits())
    if (handle === undefined) return fail('ENOMEM', `no bus address for ${len} bytes`)
    let done = 0
    for (const chunk of merged(chunks)) {
      const mapped = domain.mapAt((handle + done) as DmaAddr, physOf(chunk.pfn), chunk.len, prot)
      if (!mapped.ok) {
        if (done > 0) domain.unmapAt(handle, done)
        domain.freeIova(handle, len)
        return fail('ENOMEM', mapped.why)
      }
      done += chunk.len
    }
    return ok(handle)
  }

  const pagesOf = ({ chunks }: Block): Pfn[] =>
    chunks.flatMap(({ pfn, len }) => Array.from({ length: len / PAGE_SIZE }, (_, i) => (pfn + i) as Pfn))

  /** A block in one piece keeps its linear address when the device snoops. */
  const mapForKernel = (block: Block, kind: MapKind): KResult<KernelVaddr> => {
    const [first] = block.chunks
    if (!block.contiguous) return mem.vmap(pagesOf(block), kind)
    if (first !== undefined && block.remapped) return mem.remap(physOf(first.pfn), block.len, kind)
    return ok(mem.linearAddress(physOf(first!.pfn)))
  }

  /** Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_alloc_pages */
  const contiguous = (len: number, owner: string, mayBlock: boolean): KResult<Chunk[]> => {
    const area = mayBlock ? host.allocFromCma(len, owner) : undefined
    const pages = area === undefined ? mem.allocPages(len, { owner }) : ok(area)
    if (!pages.ok) return mayBlock && len > PAGE_SIZE ? fail(pages.errno, `${host.cmaLacks(len)}; ${pages.why}`) : pages
    const chunks = [{ pfn: pages.value, len }]
    for (const { pfn, len: bytes } of chunks) host.arch.clearBuffer(physOf(pfn), bytes, coherent)
    return ok(chunks)
  }

  const giveBack = (block: Block): void => {
    if (block.contiguous) mem.freeContiguous(block.chunks[0]!.pfn, block.len)
    else release(block.chunks)
  }

  /**
   * Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_alloc
   * Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_alloc_remap
   */
  const alloc = (size: number, attrs: number, owner: string, mayBlock: boolean): KResult<Coherent> => {
    const inOnePiece = !mayBlock || has(attrs, ATTR.FORCE_CONTIGUOUS)
    const len = Math.ceil(pageAlign(size) / domain.granule) * domain.granule
    const chunks = inOnePiece ? contiguous(len, owner, mayBlock) : gather(len, attrs, owner)
    if (!chunks.ok) return chunks
    const remapped = !inOnePiece || !coherent || mem.isHighmemPfn(chunks.value[0]!.pfn)
    const block: Block = { chunks: chunks.value, len, contiguous: inOnePiece, remapped }
    const handle = mapChunks(block.chunks, len, protOf(attrs))
    if (!handle.ok) {
      giveBack(block)
      return handle
    }
    const cpuAddr = mapForKernel(block, kindOf(attrs))
    if (!cpuAddr.ok) {
      domain.unmap(handle.value, len)
      giveBack(block)
      return cpuAddr
    }
    blocks.set(cpuAddr.value, block)
    return ok({ cpuAddr: cpuAddr.value, handle: handle.value })
  }

  return {
    alloc: (size, attrs, owner) => alloc(size, attrs, owner, true),

    /** A device that snoops gets pages in one piece; any other one is served from memory that was mapped at boot. */
    allocAtomic(size, attrs, owner) {
      if (coherent) return alloc(size, attrs, owner, false)
      const len = pageAlign(size)
      const got = host.allocFromAtomicPool(len, { owner, zone: 'normal', quiet: has(attrs, ATTR.NO_WARN) })
      if (!got.ok) return got
      const handle = domain.map(got.value.phys, size, protOf(attrs), options.limits())
      if (handle.ok) return ok({ cpuAddr: got.value.cpuAddr, handle: handle.value })
      host.freeToAtomicPool(got.value.cpuAddr, len)
      return fail('ENOMEM', handle.why)
    },

    /** Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_free */
    free: (size, cpuAddr, handle) => {
      domain.unmap(handle, size)
      if (host.freeToAtomicPool(cpuAddr, pageAlign(size))) return
      const block = blocks.get(cpuAddr)
      if (block === undefined) return
      blocks.delete(cpuAddr)
      if (block.remapped) mem.unmap(cpuAddr)
      giveBack(block)
    },

    /** Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_mmap */
    mmap: (cpuAddr, size, pgoff, userLen, attrs) => {
      const ofPool = host.mmapFromDevCoherent(cpuAddr, size, pgoff, userLen)
      if (ofPool !== undefined) return ofPool
      const count = pagesFor(size)
      const wanted = pagesFor(userLen)
      if (pgoff >= count || wanted > count - pgoff) return fail('ENXIO', 'the mapping is longer than the buffer')
      const kind = kindOf(attrs)
      const len = wanted * PAGE_SIZE
      const block = blocks.get(cpuAddr)
      if (block !== undefined && !block.contiguous) {
        const pages = pagesOf(block).slice(pgoff, pgoff + wanted)
        return ok({ phys: physOf(pages[0]!), len, kind, pages })
      }
      const at = mem.resolve(cpuAddr)
      if (at === undefined) return fail('ENXIO', 'nothing is mapped at this address')
      return ok({ phys: physOf(pfnOf(at.phys), pgoff * PAGE_SIZE), len, kind })
    },

    /**
     * Memory that is not ours (a pool's) has no page array: its page pointer is computed from the address, never checked.
     * Models: Linux v6.12 drivers/iommu/dma-iommu.c: iommu_dma_get_sgtable
     */
    getSgtable: (cpuAddr, size) => {
      const len = pageAlign(size)
      const block = blocks.get(cpuAddr)
      if (block !== undefined && !block.contiguous)
        return host.sg.fromPages({
          pfns: pagesOf(block).slice(0, len / PAGE_SIZE),
          offset: 0,
          size,
          maxSegment: 2 ** 32 - 1,
        })
      const at = mem.resolve(cpuAddr)
      if (at === undefined) return fail('ENXIO', 'nothing is mapped at this address')
      const list = host.sgAlloc(1)
      if (list.ok) list.value.setPage(0, { kind: 'page', pfn: pfnOf(at.phys) }, len, 0)
      return list
    },
  }
}

/** Page orders of a size bitmap that the buddy allocator has, biggest first; order 0 always. */
function ordersOf(sizes: number, pageSize: number): number[] {
  const orders = [0]
  for (let order = 1; order <= MAX_PAGE_ORDER; order++)
    if (Math.floor(sizes / (pageSize * 2 ** order)) % 2 === 1) orders.unshift(order)
  return orders
}

function firstThatWorks(
  orders: readonly number[],
  attempt: (order: number) => KResult<Pfn>,
): { readonly pfn: Pfn; readonly order: number } | undefined {
  for (const order of orders) {
    const got = attempt(order)
    if (got.ok) return { pfn: got.value, order }
  }
  return undefined
}

/** Physical neighbours as one chunk, as a scatterlist made of the pages would have them. */
function merged(chunks: readonly Chunk[]): Chunk[] {
  const joined: Chunk[] = []
  for (const chunk of chunks) {
    const last = joined.at(-1)
    if (last !== undefined && last.pfn + last.len / 4096 === chunk.pfn)
      joined[joined.length - 1] = { pfn: last.pfn, len: last.len + chunk.len }
    else joined.push(chunk)
  }
  return joined
}
