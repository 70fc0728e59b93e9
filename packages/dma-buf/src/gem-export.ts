// How a GEM object is shared: DRM's helper ops for dma-bufs, over whatever memory the object has.
import type {
  AllocatorHost,
  Device,
  Direction,
  DmaAddr,
  DmaBufAttachment,
  DmaBufOps,
  GemObject,
  KernelVaddr,
  KResult,
  SgTable,
} from '@dmalab/api'
import { dirName, fail, ok } from '@dmalab/api'

/** A GEM object of a DRM device's own. */
export interface GemBuffer {
  readonly size: number
  /** Where the device itself finds it. */
  readonly handle: DmaAddr | SgTable
  readonly owner: string
  /** PRIME_HANDLE_TO_FD. EMFILE. */
  export(): KResult<number>
  /** GEM_CLOSE: the memory goes with the last dma-buf reference. */
  close(): void
}

/** The memory of an object, as the driver's helper has it. */
export interface GemMemory {
  readonly device: Device
  /** Bytes, whole pages. */
  readonly size: number
  readonly owner: string
  readonly handle: DmaAddr | SgTable
  /** get_sg_table(): a list of the memory, not mapped. */
  list(): KResult<SgTable>
  /** The helper answers NULL where it cannot make a list, and only error pointers are looked for. */
  readonly nullList: boolean
  readonly mmap: DmaBufOps['mmap']
  vmap(): KResult<KernelVaddr>
  vunmap(at: KernelVaddr): void
  free(): void
}

/** An object with one handle. */
export const gemBuffer = (host: AllocatorHost, memory: GemMemory): GemBuffer => {
  const { device, size, owner, handle } = memory
  let users = 1
  const put = (): void => {
    users -= 1
    if (users === 0) memory.free()
  }
  const ops = host.exporter('drm', exporterOps(host, memory, put))
  return {
    size,
    handle,
    owner,
    export: () =>
      host.call('drm_gem_prime_handle_to_fd', () => {
        const priv: GemObject =
          typeof handle === 'number'
            ? { gem: device, handle, list: null }
            : { gem: device, handle: handle.entry(0).dmaAddress, list: handle }
        const dbuf = host.dmaBuf.export({ expName: 'drm', size, ops, priv, owner })
        if (!dbuf.ok) return dbuf
        users += 1
        const fd = host.dmaBuf.fd(dbuf.value)
        if (!fd.ok) host.dmaBuf.put(dbuf.value)
        return fd
      }),
    close: put,
  }
}

type MappingOps = Pick<DmaBufOps, 'cacheSgtMapping' | 'attach' | 'detach' | 'map' | 'unmap'>

/** CPU access is not bracketed with anything. Models: Linux v6.12 drivers/gpu/drm/drm_prime.c: drm_gem_prime_dmabuf_ops */
const exporterOps = (host: AllocatorHost, memory: GemMemory, put: () => void): DmaBufOps => ({
  release: put,
  beginCpuAccess: () => ok(undefined),
  endCpuAccess: () => ok(undefined),
  mmap: (buf, area) => host.call(['drm_gem_dmabuf_mmap', 'drm_gem_prime_mmap'], () => memory.mmap(buf, area)),
  vmap: () => memory.vmap(),
  vunmap: (_buf, at) => memory.vunmap(at),
  kmap: () => fail('EINVAL', `${memory.owner}: PRIME has no kmap`),
  ...(host.kernel.media.primeKeepsList ? keptLists(host, memory) : freshLists(host, memory)),
})

/**
 * A list for each mapping, which the core keeps.
 * Models: Linux v6.12 drivers/gpu/drm/drm_prime.c: drm_gem_map_dma_buf, drm_gem_unmap_dma_buf
 */
const freshLists = (host: AllocatorHost, memory: GemMemory): MappingOps => {
  const attrs = host.kernel.primeImportAttrs
  return {
    cacheSgtMapping: true,
    attach: () => ok(undefined),
    detach: () => undefined,
    map: (attachment, dir) =>
      host.call('drm_gem_map_dma_buf', () => {
        const table = memory.list()
        if (!table.ok) return table
        const mapped = host.dma.mapSgAttrs(attachment.dev, table.value, dir, attrs)
        if (mapped.ok) return table
        host.sgFree(table.value)
        return mapped
      }),
    unmap: (attachment, table, dir) =>
      host.call('drm_gem_unmap_dma_buf', () => {
        host.dma.unmapSgAttrs(attachment.dev, table, dir, attrs)
        host.sgFree(table)
      }),
  }
}

/**
 * One mapping for each attachment, which lives until detach. Where the driver's helper returns NULL for a list that it cannot make, only
 * error pointers are looked for: the kernel faults.
 * Models: Linux v4.11 drivers/gpu/drm/drm_prime.c: drm_gem_map_dma_buf, drm_gem_map_detach
 */
const keptLists = (host: AllocatorHost, memory: GemMemory): MappingOps => {
  const kept = new Map<DmaBufAttachment, { readonly table: SgTable; readonly dir: Direction }>()
  return {
    attach: () => ok(undefined),
    detach: (_buf, attachment) =>
      host.call('drm_gem_map_detach', () => {
        const mine = kept.get(attachment)
        if (mine === undefined) return
        kept.delete(attachment)
        host.dma.unmapSgAttrs(attachment.dev, mine.table, mine.dir, 0)
        host.sgFree(mine.table)
      }),
    map: (attachment, dir) =>
      host.call('drm_gem_map_dma_buf', () => {
        const mine = kept.get(attachment)
        if (mine?.dir === dir) return ok(mine.table)
        if (mine !== undefined) {
          host.printk('warn', 'WARNING: drm_gem_map_dma_buf: the attachment is mapped in another direction')
          return fail('EBUSY', `attachment ${attachment.id} is mapped ${dirName(mine.dir)}`)
        }
        const table = memory.list()
        if (!table.ok) return memory.nullList ? host.nullPointer(0) : table
        const mapped = host.dma.mapSgAttrs(attachment.dev, table.value, dir, 0)
        if (mapped.ok) {
          kept.set(attachment, { table: table.value, dir })
          return table
        }
        host.sgFree(table.value)
        return fail('ENOMEM', mapped.why)
      }),
    unmap: () => undefined,
  }
}
