// A DRM dumb buffer of a display without IOMMU: write-combined memory of the DMA API, exported through PRIME.
import type {
  AllocatorHost,
  Coherent,
  Device,
  DmaBufAttachment,
  DmaBufOps,
  Direction,
  GemObject,
  KResult,
  SgTable,
} from '@dmalab/api'
import { ATTR, dirName, fail, ok, pageAlign } from '@dmalab/api'

type MappingOps = Pick<DmaBufOps, 'cacheSgtMapping' | 'attach' | 'detach' | 'map' | 'unmap'>

/** A GEM object of the display's own. */
export interface DumbBuffer {
  readonly size: number
  /** Bus address for the display itself. */
  readonly handle: Coherent['handle']
  readonly owner: string
  /** PRIME_HANDLE_TO_FD. EMFILE. */
  export(): KResult<number>
  /** GEM_CLOSE: the memory goes with the last dma-buf reference. */
  close(): void
}

/**
 * DRM_IOCTL_MODE_CREATE_DUMB. ENOMEM.
 * Models: Linux v6.12 drivers/gpu/drm/drm_gem_dma_helper.c: drm_gem_dma_create, drm_gem_dma_get_sg_table
 */
export const createDumbBuffer = (
  host: AllocatorHost,
  device: Device,
  len: number,
  owner: string,
): KResult<DumbBuffer> => {
  const size = pageAlign(len)
  const memory = host.call(['drm_mode_create_dumb', 'drm_gem_dma_create'], () =>
    host.dma.allocAttrs(device, size, ATTR.WRITE_COMBINE, owner),
  )
  if (!memory.ok) return memory
  let users = 1
  const put = (): void => {
    users -= 1
    if (users === 0) host.dma.freeAttrs(device, size, memory.value.cpuAddr, memory.value.handle, ATTR.WRITE_COMBINE)
  }
  const ops = host.exporter('drm', primeExporterOps(host, device, size, memory.value, owner, put))

  return ok({
    size,
    handle: memory.value.handle,
    owner,
    export: () =>
      host.call('drm_gem_prime_handle_to_fd', () => {
        const priv: GemObject = { gem: device, handle: memory.value.handle }
        const dbuf = host.dmaBuf.export({ expName: 'drm', size, ops, priv, owner })
        if (!dbuf.ok) return dbuf
        users += 1
        const fd = host.dmaBuf.fd(dbuf.value)
        if (!fd.ok) host.dmaBuf.put(dbuf.value)
        return fd
      }),
    close: put,
  })
}

/** CPU access is not bracketed with anything. Models: Linux v6.12 drivers/gpu/drm/drm_prime.c: drm_gem_prime_dmabuf_ops */
const primeExporterOps = (
  host: AllocatorHost,
  device: Device,
  size: number,
  memory: Coherent,
  owner: string,
  put: () => void,
): DmaBufOps => {
  const { primeImportAttrs, media } = host.kernel
  /** Without attributes, whatever the memory has. ENXIO for memory without struct page, where get_sgtable checks. */
  const list = (): KResult<SgTable> =>
    host.call(media.primeKeepsList ? 'drm_gem_cma_prime_get_sg_table' : 'drm_gem_dma_get_sg_table', () =>
      host.dma.getSgtableAttrs(device, memory.cpuAddr, memory.handle, size, 0),
    )
  const lists = media.primeKeepsList ? keptLists(host, list) : freshLists(host, list, primeImportAttrs)

  return {
    release: put,
    beginCpuAccess: () => ok(undefined),
    endCpuAccess: () => ok(undefined),
    /**
     * The length of the area stands for that of the buffer, so that an offset, where it is not lost, is beyond the end: ENXIO.
     * Models: Linux v6.12 drivers/gpu/drm/drm_gem_dma_helper.c: drm_gem_dma_mmap
     */
    mmap: (_buf, { pgoff, len }) =>
      host.call(['drm_gem_dmabuf_mmap', 'drm_gem_prime_mmap', 'drm_gem_dma_mmap'], () => {
        const first = host.kernel.media.primeOffset === 'lost' ? 0 : pgoff
        const mapped = host.dma.mmapAttrs(device, memory.cpuAddr, memory.handle, len, ATTR.WRITE_COMBINE, len, first)
        return mapped.ok ? ok({ pfnMap: mapped.value.pages === undefined, ...mapped.value }) : mapped
      }),
    vmap: () => ok(memory.cpuAddr),
    vunmap: () => undefined,
    kmap: () => fail('EINVAL', `${owner}: PRIME has no kmap`),
    ...lists,
  }
}

/**
 * A list for each mapping, which the core keeps.
 * Models: Linux v6.12 drivers/gpu/drm/drm_prime.c: drm_gem_map_dma_buf, drm_gem_unmap_dma_buf
 */
const freshLists = (host: AllocatorHost, list: () => KResult<SgTable>, attrs: number): MappingOps => ({
  cacheSgtMapping: true,
  attach: () => ok(undefined),
  detach: () => undefined,
  map: (attachment, dir) =>
    host.call('drm_gem_map_dma_buf', () => {
      const table = list()
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
})

/**
 * One mapping for each attachment, which lives until detach. The driver's helper returns NULL where it cannot make a list, and only
 * error pointers are looked for: the kernel faults.
 * Models: Linux v4.11 drivers/gpu/drm/drm_prime.c: drm_gem_map_dma_buf, drm_gem_map_detach
 * Models: Linux v4.11 drivers/gpu/drm/drm_gem_cma_helper.c: drm_gem_cma_prime_get_sg_table
 */
const keptLists = (host: AllocatorHost, list: () => KResult<SgTable>): MappingOps => {
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
        const table = list()
        if (!table.ok) return host.nullPointer(0)
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
