// A pool of chunks given out by page: the lowest place in the first chunk that fits, aligned to the size's order.
import { type KernelVaddr, orderOf, PAGE_SIZE, type PhysAddr, phys, vaddr } from '@dmalab/api'

interface Chunk {
  readonly virt: KernelVaddr
  readonly phys: PhysAddr
  /** One flag a page. */
  readonly used: boolean[]
}

export interface GenBlock {
  readonly cpuAddr: KernelVaddr
  readonly phys: PhysAddr
}

export class GenPool {
  private readonly chunks: Chunk[] = []

  get chunkCount(): number {
    return this.chunks.length
  }

  /** Bytes in all. */
  get size(): number {
    return this.chunks.reduce((sum, { used }) => sum + used.length * PAGE_SIZE, 0)
  }

  /** Bytes that are free. Models: Linux v6.12 lib/genalloc.c: gen_pool_avail */
  get available(): number {
    return this.chunks.reduce((sum, { used }) => sum + used.filter((taken) => !taken).length * PAGE_SIZE, 0)
  }

  add(virt: KernelVaddr, at: PhysAddr, len: number): void {
    this.chunks.push({ virt, phys: at, used: Array.from({ length: len / PAGE_SIZE }, () => false) })
  }

  /** Models: Linux v6.12 lib/genalloc.c: gen_pool_alloc_algo_owner, gen_pool_first_fit_order_align */
  alloc(size: number): GenBlock | undefined {
    if (size === 0) return undefined
    const count = Math.ceil(size / PAGE_SIZE)
    const step = 2 ** orderOf(size)
    for (const { virt, phys: base, used } of this.chunks)
      for (let at = 0; at + count <= used.length; at += step) {
        if (used.slice(at, at + count).includes(true)) continue
        used.fill(true, at, at + count)
        return { cpuAddr: vaddr(virt + BigInt(at * PAGE_SIZE)), phys: phys(base + at * PAGE_SIZE) }
      }
    return undefined
  }

  /** Where a block lies; undefined when it is not wholly of this pool. Models: Linux v6.12 lib/genalloc.c: gen_pool_has_addr */
  physOf(cpuAddr: KernelVaddr, size: number): PhysAddr | undefined {
    const found = this.find(cpuAddr, size)
    return found === undefined ? undefined : phys(found.chunk.phys + found.at * PAGE_SIZE)
  }

  /** Models: Linux v6.12 lib/genalloc.c: gen_pool_free_owner */
  free(cpuAddr: KernelVaddr, size: number): void {
    const found = this.find(cpuAddr, size)
    found?.chunk.used.fill(false, found.at, found.at + Math.ceil(size / PAGE_SIZE))
  }

  private find(cpuAddr: KernelVaddr, size: number): { chunk: Chunk; at: number } | undefined {
    for (const chunk of this.chunks) {
      const at = Number(cpuAddr - chunk.virt) / PAGE_SIZE
      if (at >= 0 && at + Math.ceil(size / PAGE_SIZE) <= chunk.used.length) return { chunk, at }
    }
    return undefined
  }
}
