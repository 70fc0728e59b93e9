// A DRM dumb buffer of a display without IOMMU: write-combined memory of the DMA API, exported through PRIME.
import type { AllocatorHost, Device, KResult } from '@dmalab/api'
import { ATTR, ok, pageAlign } from '@dmalab/api'
import { type GemBuffer, gemBuffer } from './gem-export.ts'

/**
 * DRM_IOCTL_MODE_CREATE_DUMB. ENOMEM.
 * Models: Linux v6.12 drivers/gpu/drm/drm_gem_dma_helper.c: drm_gem_dma_create, drm_gem_dma_get_sg_table
 * Models: Linux v4.11 drivers/gpu/drm/drm_gem_cma_helper.c: drm_gem_cma_prime_get_sg_table
 */
export const createDumbBuffer = (
  host: AllocatorHost,
  device: Device,
  len: number,
  owner: string,
): KResult<GemBuffer> => {
  const size = pageAlign(len)
  const memory = host.call(['drm_mode_create_dumb', 'drm_gem_dma_create'], () =>
    host.dma.allocAttrs(device, size, ATTR.WRITE_COMBINE, owner),
  )
  if (!memory.ok) return memory
  const { cpuAddr, handle } = memory.value
  const { primeKeepsList, primeOffset } = host.kernel.media
  return ok(
    gemBuffer(host, {
      device,
      size,
      owner,
      handle,
      nullList: true,
      /** Without attributes, whatever the memory has. ENXIO for memory without struct page, where get_sgtable checks. */
      list: () =>
        host.call(primeKeepsList ? 'drm_gem_cma_prime_get_sg_table' : 'drm_gem_dma_get_sg_table', () =>
          host.dma.getSgtableAttrs(device, cpuAddr, handle, size, 0),
        ),
      /**
       * The length of the area stands for that of the buffer, so that an offset, where it is not lost, is beyond the end: ENXIO.
       * Models: Linux v6.12 drivers/gpu/drm/drm_gem_dma_helper.c: drm_gem_dma_mmap
       */
      mmap: (_buf, { pgoff, len: area }) =>
        host.call('drm_gem_dma_mmap', () => {
          const first = primeOffset === 'lost' ? 0 : pgoff
          const mapped = host.dma.mmapAttrs(device, cpuAddr, handle, area, ATTR.WRITE_COMBINE, area, first)
          return mapped.ok ? ok({ pfnMap: mapped.value.pages === undefined, ...mapped.value }) : mapped
        }),
      vmap: () => ok(cpuAddr),
      vunmap: () => undefined,
      free: () => host.dma.freeAttrs(device, size, cpuAddr, handle, ATTR.WRITE_COMBINE),
    }),
  )
}
