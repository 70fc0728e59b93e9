// Per-device coherent pools (struct dma_coherent_mem): memory set aside for one device, handed out in power-of-two blocks.
import {
  bytes,
  fail,
  type KernelMemory,
  type KernelVaddr,
  type KResult,
  ok,
  orderOf,
  PAGE_SIZE,
  pagesFor,
  type PhysAddr,
  physOf,
  pfnOf,
  type UserMapping,
  vaddr,
} from '@dmalab/api'
import { Intervals } from '@dmalab/memory'

/** A block of a pool: its first page, and where the CPU sees it. The device's address depends on the device. */
export interface PoolBlock {
  readonly page: number
  readonly cpuAddr: KernelVaddr
  readonly phys: PhysAddr
}

export interface CoherentPoolInit {
  readonly name: string
  readonly phys: PhysAddr
  /** Bytes. */
  readonly size: number
  /** The kernel shifts the number of pages in a C int. */
  readonly lengthIsInt?: boolean
}

/** What helps where a pool is too small. */
const LARGER = 'make the memory-region larger, or the buffers fewer or smaller'

export class CoherentPool {
  readonly name: string
  readonly virtBase: KernelVaddr
  readonly physBase: PhysAddr
  readonly pages: number
  /** Bytes that blocks can cover, as the kernel computes it. */
  readonly len: number
  private readonly mem: KernelMemory
  /** Pages that are taken, in runs: few, however large the pool. */
  private readonly taken = new Intervals<true>()

  private constructor(mem: KernelMemory, init: CoherentPoolInit, virtBase: KernelVaddr) {
    this.mem = mem
    this.name = init.name
    this.virtBase = virtBase
    this.physBase = init.phys
    this.pages = Math.floor(init.size / PAGE_SIZE)
    const len = this.pages * PAGE_SIZE
    this.len = init.lengthIsInt === true ? Number(BigInt.asIntN(32, BigInt(len))) : len
  }

  /**
   * Maps the memory write-combined. EINVAL for an empty pool, or when it cannot be mapped.
   * Models: Linux v6.12 kernel/dma/coherent.c: dma_init_coherent_memory
   */
  static init(mem: KernelMemory, init: CoherentPoolInit): KResult<CoherentPool> {
    if (init.size === 0) return fail('EINVAL', `pool ${init.name} has no bytes`)
    const mapped = mem.remap(init.phys, init.size, 'writecombine')
    if (!mapped.ok) return fail('EINVAL', `pool ${init.name} cannot be mapped: ${mapped.why}`)
    return ok(new CoherentPool(mem, init, mapped.value))
  }

  /** A pool gives blocks of powers of two. */
  private lacks(size: number, count: number): string {
    const free = this.len - this.inUse() * PAGE_SIZE
    const block = count * PAGE_SIZE
    const needs = `${bytes(size)} need a block of ${bytes(block)}, and pool ${this.name} has ${bytes(this.len)}, ${bytes(free)} free`
    return free < block
      ? `${needs}: ${LARGER}`
      : `${needs}, none so large in one piece at a multiple of its size: ${LARGER}`
  }

  /**
   * First free block of 2^order(size) pages at a multiple of that number; exactly `size` bytes of it are zeroed. ENOMEM.
   * Models: Linux v6.12 kernel/dma/coherent.c: __dma_alloc_from_coherent
   */
  alloc(size: number, owner: string): KResult<PoolBlock> {
    if (size > this.len)
      return fail('ENOMEM', `pool ${this.name} has ${bytes(this.len)}, and ${bytes(size)} are needed: ${LARGER}`)
    const count = 2 ** orderOf(size)
    const page = this.findFree(count)
    if (page === undefined) return fail('ENOMEM', this.lacks(size, count))
    this.taken.set(page, count, true)
    const block = { page, cpuAddr: this.cpuAddr(page), phys: (this.physBase + page * PAGE_SIZE) as PhysAddr }
    this.mem.own(block.phys, count * PAGE_SIZE, owner)
    this.mem.memset(block.cpuAddr, 0, size)
    return ok(block)
  }

  /**
   * Takes back 2^order pages from `cpuAddr` on; false when the address is not of this pool, and nothing changes.
   * Models: Linux v6.12 kernel/dma/coherent.c: __dma_release_from_coherent
   */
  release(order: number, cpuAddr: KernelVaddr): boolean {
    if (cpuAddr < this.virtBase || cpuAddr >= this.end()) return false
    const page = this.pageOf(cpuAddr)
    const end = Math.min(page + 2 ** order, this.pages)
    this.taken.delete(page, end - page)
    this.mem.disown((this.physBase + page * PAGE_SIZE) as PhysAddr, (end - page) * PAGE_SIZE)
    return true
  }

  /** memunmap(): the CPU has no mapping any more. Models: Linux v6.12 kernel/dma/coherent.c: _dma_release_coherent_memory */
  destroy(): void {
    this.mem.unmap(this.virtBase)
  }

  /**
   * Undefined when [cpuAddr, cpuAddr + size) is not of this pool. ENXIO when the user's window passes the allocation.
   * Models: Linux v6.12 kernel/dma/coherent.c: __dma_mmap_from_coherent
   */
  mmap(cpuAddr: KernelVaddr, size: number, pgoff: number, userLen: number): KResult<UserMapping> | undefined {
    if (cpuAddr < this.virtBase || cpuAddr + BigInt(size) > this.end()) return undefined
    const count = pagesFor(size)
    const userPages = pagesFor(userLen)
    if (pgoff >= count || userPages > count - pgoff)
      return fail('ENXIO', `pages ${pgoff}..${pgoff + userPages} lie outside the ${count} pages of the allocation`)
    const first = physOf(pfnOf(this.physBase), (this.pageOf(cpuAddr) + pgoff) * PAGE_SIZE)
    return ok({ phys: first, len: userPages * PAGE_SIZE, kind: 'writecombine' })
  }

  /** Pages taken now. */
  inUse(): number {
    return this.taken.all().reduce((sum, { base, end }) => sum + end - base, 0)
  }

  /** Models: Linux v6.12 lib/bitmap.c: bitmap_find_free_region */
  private findFree(count: number): number | undefined {
    let page = 0
    for (const { base, end } of this.taken.all()) {
      if (page + count <= base) break
      page = Math.max(page, Math.ceil(end / count) * count)
    }
    return page + count <= this.pages ? page : undefined
  }

  private end(): bigint {
    return this.virtBase + BigInt(this.len)
  }

  private cpuAddr(page: number): KernelVaddr {
    return vaddr(this.virtBase + BigInt(page * PAGE_SIZE))
  }

  private pageOf(cpuAddr: KernelVaddr): number {
    return Math.floor(Number(cpuAddr - this.virtBase) / PAGE_SIZE)
  }
}
