// DMA heaps: buffers that belong to no device, allocated by user space from /dev/dma_heap.
import type { AllocatorHost, KResult, Pfn } from '@dmalab/api'
import { fail, ok, pageAlign, PAGE_SIZE, pagesFor, phys, physOf } from '@dmalab/api'
import { pageExporterOps, type PageRun } from './page-exporter.ts'

export interface Heap {
  readonly name: string
  /** DMA_HEAP_IOCTL_ALLOC: the fd. ENOENT before v5.6, ENOMEM, EINVAL for 0 bytes, EMFILE. `owner` names the buffer for people. */
  alloc(len: number, owner: string): KResult<number>
}

/** From v6.18 on. */
export const DEFAULT_CMA_HEAP = 'default_cma_region'

/** Orders tried, largest first: 1 MiB, 64 KiB, 4 KiB. */
const SYSTEM_ORDERS = [8, 4, 0] as const

/**
 * The heap `system`: pages of three sizes, largest first, one entry each.
 *
 * Pages of a system that has run for a while are not neighbours; a page between two, given back at the end, keeps ours apart.
 *
 * Models: Linux v6.12 drivers/dma-buf/heaps/system_heap.c: system_heap_allocate
 */
export const systemHeap = (host: AllocatorHost): Heap => ({
  name: 'system',
  alloc: (len, owner) =>
    host.call('dma_heap_ioctl_allocate', () => {
      if (!host.kernel.media.dmaHeaps) return absent('system')
      if (len <= 0) return fail('EINVAL', 'a buffer of no bytes')
      const size = pageAlign(len)
      // The kernel takes all pages there are, and gives them back when they do not suffice.
      if (size > host.mem.totalRam) return fail('ENOMEM', `no page is left for ${owner}`)
      const runs: PageRun[] = []
      const spacers: Pfn[] = []
      const free = (): void => {
        for (const { first, pages } of runs) host.mem.freePages(first, pages * PAGE_SIZE)
      }
      let left = size
      let orders: readonly number[] = SYSTEM_ORDERS
      while (left > 0) {
        const taken = takeLargest(host, left, orders, owner)
        if (!taken.ok) {
          free()
          for (const spacer of spacers) host.mem.freePages(spacer, PAGE_SIZE)
          return taken
        }
        const { run, order } = taken.value
        runs.push(run)
        orders = orders.filter((candidate) => candidate <= order)
        left -= run.pages * PAGE_SIZE
        const spacer = host.mem.allocPages(PAGE_SIZE, { highmem: true })
        if (spacer.ok) spacers.push(spacer.value)
      }
      for (const spacer of spacers) host.mem.freePages(spacer, PAGE_SIZE)
      const stock = pageExporterOps(host, {
        stem: 'system_heap',
        runs,
        mapErrno: null,
        release: free,
      })
      return share(host, 'system', size, owner, host.exporter('system-heap', stock))
    }),
})

/**
 * The heap over the default CMA area: one contiguous piece. `name` is the area's, `linux,cma` or `reserved`, or that of the default heap.
 * Models: Linux v6.18 drivers/dma-buf/heaps/cma_heap.c: add_default_cma_heap
 * Models: Linux v6.12 drivers/dma-buf/heaps/cma_heap.c: cma_heap_allocate
 */
export const cmaHeap = (
  host: AllocatorHost,
  name = host.kernel.defaultCmaHeap ? DEFAULT_CMA_HEAP : 'linux,cma',
): Heap => ({
  name,
  alloc: (len, owner) =>
    host.call('dma_heap_ioctl_allocate', () => {
      if (!host.kernel.media.dmaHeaps) return absent(name)
      if (len <= 0) return fail('EINVAL', 'a buffer of no bytes')
      const size = pageAlign(len)
      const first = host.mem.allocContiguous(size, { owner })
      if (!first.ok) return first
      clearPages(host, first.value, size)
      const stock = pageExporterOps(host, {
        stem: 'cma_heap',
        runs: [{ first: first.value, pages: pagesFor(size) }],
        mapErrno: 'ENOMEM',
        release: () => host.mem.freeContiguous(first.value, size),
      })
      return share(host, name, size, owner, host.exporter('cma-heap', stock))
    }),
})

/** open(2) of the heap's file. */
const absent = (name: string): KResult<never> =>
  fail('ENOENT', `this kernel has no /dev/dma_heap/${name}: heaps came with v5.6`)

/** Exports and installs a descriptor; the buffer goes with the last reference. */
const share = (
  host: AllocatorHost,
  expName: string,
  size: number,
  owner: string,
  ops: ReturnType<typeof pageExporterOps>,
): KResult<number> => {
  const dbuf = host.dmaBuf.export({ expName, size, ops, priv: null, owner })
  if (!dbuf.ok) return dbuf
  const fd = host.dmaBuf.fd(dbuf.value)
  if (!fd.ok) host.dmaBuf.put(dbuf.value)
  return fd
}

/** Models: Linux v6.12 drivers/dma-buf/heaps/system_heap.c: alloc_largest_available */
const takeLargest = (
  host: AllocatorHost,
  left: number,
  orders: readonly number[],
  owner: string,
): KResult<{ run: PageRun; order: number }> => {
  for (const order of orders) {
    const len = PAGE_SIZE * 2 ** order
    if (left < len) continue
    const page = host.mem.allocPages(len, { owner, highmem: true })
    if (!page.ok) continue
    clearPages(host, page.value, len)
    return ok({ run: { first: page.value, pages: 2 ** order }, order })
  }
  return fail('ENOMEM', `no page is left for ${owner}`)
}

/** Zeroes, through the linear map or, for highmem, page by page. Models: Linux v6.12 drivers/dma-buf/heaps/cma_heap.c: cma_heap_allocate */
const clearPages = ({ mem }: AllocatorHost, first: Pfn, len: number): void => {
  if (!mem.isHighmemPfn(first)) mem.memset(mem.linearAddress(physOf(first)), 0, len)
  else for (let done = 0; done < len; done += PAGE_SIZE) mem.zeroHighmemPage(phys(physOf(first) + done))
}
