// Blocks of one size out of pages of coherent memory. Pages stay with the pool when their blocks are free again.
import type { Coherent, DmaAddr, KernelVaddr, KResult, PluginApi } from '@dmalab/api'

export interface DmaPool {
  alloc(): KResult<Coherent>
  free(block: Coherent): void
  /** Pages of which no block is in use. */
  idlePages(): number
}

interface PoolPage {
  readonly memory: Coherent
  /** Offsets of free blocks; the last one freed goes first. */
  readonly free: number[]
}

/** @param takePage one page of coherent memory. Models: Linux v4.11 mm/dmapool.c: dma_pool_alloc, dma_pool_free, pool_alloc_page */
export const dmaPool = (
  { PAGE_SIZE, ok }: PluginApi,
  blockSize: number,
  takePage: () => KResult<Coherent>,
): DmaPool => {
  const perPage = PAGE_SIZE / blockSize
  /** The newest is asked first. */
  const pages: PoolPage[] = []
  const blockAt = ({ cpuAddr, handle }: Coherent, offset: number): Coherent => ({
    cpuAddr: (cpuAddr + BigInt(offset)) as KernelVaddr,
    handle: (handle + offset) as DmaAddr,
  })
  const take = (page: PoolPage): KResult<Coherent> => ok(blockAt(page.memory, page.free.shift() ?? 0))

  return {
    alloc: () => {
      const page = pages.find(({ free }) => free.length > 0)
      if (page !== undefined) return take(page)
      const memory = takePage()
      if (!memory.ok) return memory
      const fresh = { memory: memory.value, free: Array.from({ length: perPage }, (_, i) => i * blockSize) }
      pages.unshift(fresh)
      return take(fresh)
    },
    free: ({ handle }) => {
      const page = pages.find(({ memory }) => memory.handle <= handle && handle < memory.handle + PAGE_SIZE)
      page?.free.unshift(handle - page.memory.handle)
    },
    idlePages: () => pages.filter(({ free }) => free.length === perPage).length,
  }
}
