// A DRM dumb buffer of a display without IOMMU: write-combined memory of the DMA API, exported through PRIME.
import type {
  AllocatorHost,
  Coherent,
  Device,
  DmaBufAttachment,
  DmaBufOps,
  GemObject,
  KResult,
  SgTable,
} from '@dmalab/api'
import { ATTR, fail, ok, pageAlign } from '@dmalab/api'

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

/** Models: Linux v6.12 drivers/gpu/drm/drm_prime.c: drm_gem_prime_dmabuf_ops */
const primeExporterOps = (
  host: AllocatorHost,
  device: Device,
  size: number,
  memory: Coherent,
  owner: string,
  put: () => void,
): DmaBufOps => {
  const { primeImportAttrs } = host.kernel
  return {
    cacheSgtMapping: true,
    attach: () => ok(undefined),
    detach: () => undefined,

    /** The list is made for each mapping, without attributes. ENXIO for memory without struct page, where get_sgtable checks. */
    map: (attachment: DmaBufAttachment, dir): KResult<SgTable> =>
      host.call('drm_gem_map_dma_buf', () => {
        const table = host.call('drm_gem_dma_get_sg_table', () =>
          host.dma.getSgtableAttrs(device, memory.cpuAddr, memory.handle, size, 0),
        )
        if (!table.ok) return table
        const mapped = host.dma.mapSgAttrs(attachment.dev, table.value, dir, primeImportAttrs)
        if (mapped.ok) return table
        host.sgFree(table.value)
        return mapped
      }),
    unmap: (attachment, table, dir) =>
      host.call('drm_gem_unmap_dma_buf', () => {
        host.dma.unmapSgAttrs(attachment.dev, table, dir, primeImportAttrs)
        host.sgFree(table)
      }),

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
        return mapped.ok ? ok({ ...mapped.value, pfnMap: mapped.value.pages === undefined }) : mapped
      }),
    vmap: () => ok(memory.cpuAddr),
    vunmap: () => undefined,
    kmap: () => fail('EINVAL', `${owner}: PRIME has no kmap`),
  }
}
