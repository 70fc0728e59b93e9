// udmabuf: a dma-buf over pages of a memfd.
import type { AllocatorHost, Device, Direction, DmaBufOps, KResult, Pfn, SgTable, UserMapping } from '@dmalab/api'
import { ATTR, fail, mapPages, ok, pageAlign, PAGE_SIZE, pagesFor, pfnOf } from '@dmalab/api'

/** size_limit_mb. */
const SIZE_LIMIT = 64 * 2 ** 20

/**
 * UDMABUF_CREATE over `memory`, which stays the task's: the value is the fd. ENOENT before v4.20. EINVAL: not whole pages, none, or more than 64 MiB.
 * Models: Linux v6.12 drivers/dma-buf/udmabuf.c: udmabuf_create. Leaves out: seals.
 */
export const createUdmabuf = (host: AllocatorHost, memory: UserMapping, owner: string): KResult<number> =>
  host.call('udmabuf_create', () => {
    if (!host.kernel.media.udmabuf) return fail('ENOENT', 'this kernel has no /dev/udmabuf: it came with v4.20')
    if (memory.len === 0 || memory.len !== pageAlign(memory.len) || memory.phys % PAGE_SIZE !== 0)
      return fail('EINVAL', `${owner} is not whole pages`)
    if (memory.len > SIZE_LIMIT) return fail('EINVAL', `${owner} has more than ${SIZE_LIMIT} bytes`)
    const first = pfnOf(memory.phys)
    const frames = memory.pages ?? Array.from({ length: pagesFor(memory.len) }, (_, i) => (first + i) as Pfn)
    const ops = host.exporter('udmabuf', udmabufOps(host, frames))
    const dbuf = host.dmaBuf.export({ expName: 'udmabuf', size: memory.len, ops, priv: null, owner })
    if (!dbuf.ok) return dbuf
    const fd = host.dmaBuf.fd(dbuf.value)
    if (!fd.ok) host.dmaBuf.put(dbuf.value)
    return fd.ok ? ok(fd.value) : fd
  })

/**
 * CPU access syncs one list of udmabuf's own device, made by the first begin: what importers have mapped is never synced.
 * Models: Linux v6.12 drivers/dma-buf/udmabuf.c: begin_cpu_udmabuf, end_cpu_udmabuf, release_udmabuf
 */
const udmabufOps = (host: AllocatorHost, frames: readonly Pfn[]): DmaBufOps => {
  const device = host.miscDevice('udmabuf')
  let unmasked = false
  let own: { readonly table: SgTable; readonly dir: Direction } | null = null

  return {
    cacheSgtMapping: true,
    attach: () => ok(undefined),
    detach: () => undefined,
    map: (attachment, dir) => host.call('map_udmabuf', () => mappedList(host, frames, attachment.dev, dir)),
    unmap: (attachment, table, dir) => host.call('unmap_udmabuf', () => dropList(host, attachment.dev, table, dir)),

    /** The errno of a mapping that fails. Without a mask nothing is mapped: an error for dma_map_sgtable() of v5.10, an empty list later. */
    beginCpuAccess: (_buf, dir) =>
      host.call('begin_cpu_udmabuf', () => {
        if (!host.kernel.udmabufHasMask) {
          if (host.kernel.mapSgErrno === 'EINVAL') return fail('EINVAL', 'the device of /dev/udmabuf has no DMA mask')
          unmasked = true
          return ok(undefined)
        }
        if (own === null) {
          const made = mappedList(host, frames, device, dir)
          if (!made.ok) return made
          own = { table: made.value, dir }
        }
        host.dma.syncSgForCpu(device, own.table, dir)
        return ok(undefined)
      }),
    /** EINVAL: there was no begin. */
    endCpuAccess: (_buf, dir) =>
      host.call('end_cpu_udmabuf', () => {
        if (unmasked) return ok(undefined)
        if (own === null) return fail('EINVAL', 'CPU access ends before it began: udmabuf has no list yet')
        host.dma.syncSgForDevice(device, own.table, dir)
        return ok(undefined)
      }),

    /**
     * Cached, as any page of user space: page table entries without page references.
     * Models: Linux v6.12 drivers/dma-buf/udmabuf.c: mmap_udmabuf, udmabuf_vm_fault
     */
    mmap: (_buf, area) => {
      const mapped = host.call('mmap_udmabuf', () => mapPages(frames, area))
      return mapped.ok ? ok({ pfnMap: true, ...mapped.value }) : mapped
    },
    /** EINVAL: no address space is left. */
    vmap: () =>
      host.call('vmap_udmabuf', () => {
        const at = host.mem.vmap(frames, 'cached')
        return at.ok ? at : fail('EINVAL', at.why)
      }),
    vunmap: (_buf, at) => host.mem.unmap(at),
    kmap: () => fail('EINVAL', 'udmabuf has no kmap'),
    release: () =>
      host.call('release_udmabuf', () => {
        if (own !== null) dropList(host, device, own.table, own.dir)
      }),
  }
}

/**
 * One entry a page, or one for each run of adjacent pages; a run may be longer than a device can bounce. ENOMEM.
 * Models: Linux v6.12 drivers/dma-buf/udmabuf.c: get_sg_table; v6.1 drivers/dma-buf/udmabuf.c: get_sg_table
 */
const mappedList = (host: AllocatorHost, frames: readonly Pfn[], device: Device, dir: Direction): KResult<SgTable> =>
  host.call('get_sg_table', () => {
    const table = host.kernel.udmabufMerges ? merged(host, frames) : pageEntries(host, frames)
    if (!table.ok) return table
    const mapped = host.dma.mapSgAttrs(device, table.value, dir, attrsOf(host))
    if (mapped.ok) return table
    host.sgFree(table.value)
    return mapped
  })

const attrsOf = ({ kernel }: AllocatorHost): number => (kernel.udmabufSyncs ? 0 : ATTR.SKIP_CPU_SYNC)

/** Models: Linux v6.12 drivers/dma-buf/udmabuf.c: put_sg_table */
const dropList = (host: AllocatorHost, device: Device, table: SgTable, dir: Direction): void => {
  host.dma.unmapSgAttrs(device, table, dir, attrsOf(host))
  host.sgFree(table)
}

const pageEntries = (host: AllocatorHost, frames: readonly Pfn[]): KResult<SgTable> => {
  const table = host.sgAlloc(frames.length)
  if (table.ok) for (const [i, pfn] of frames.entries()) table.value.setPage(i, { kind: 'page', pfn }, PAGE_SIZE, 0)
  return table
}

const merged = (host: AllocatorHost, frames: readonly Pfn[]): KResult<SgTable> => {
  const starts = frames.flatMap((pfn, i) => (i === 0 || pfn !== (frames[i - 1] ?? 0) + 1 ? [i] : []))
  const table = host.sgAlloc(starts.length)
  if (table.ok)
    for (const [i, start] of starts.entries()) {
      const pages = (starts[i + 1] ?? frames.length) - start
      table.value.setPage(i, { kind: 'page', pfn: frames[start] ?? (0 as Pfn) }, pages * PAGE_SIZE, 0)
    }
  return table
}
